//! DECIMAL: packed nine digits to four bytes (`decimal2bin`, strings/decimal.cc), or the server's text.

use crate::error::{Error, Result};
use crate::reader::Reader;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decimal<'a> {
    Packed {
        precision: u8,
        scale: u8,
        bytes: &'a [u8],
    },
    /// As SELECT prints it.
    Text { scale: u8, text: &'a [u8] },
}

const DIGITS_PER_WORD: usize = 9;
/// Bytes of 0 to 9 digits.
const BYTES: [usize; 10] = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];
const POWERS: [u32; 10] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
];

/// Powers of ten that a double holds exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// 65 digits need 216 bits: 27 bytes and a sign.
pub const UNSCALED_BYTES: usize = 28;

fn packed_bytes(digits: usize) -> usize {
    digits / DIGITS_PER_WORD * 4 + BYTES[digits % DIGITS_PER_WORD]
}

impl<'a> Decimal<'a> {
    #[inline]
    pub fn read_packed(precision: u8, scale: u8, r: &mut Reader<'a>) -> Result<Self> {
        let whole = usize::from(precision.saturating_sub(scale));
        let bytes = r.bytes(packed_bytes(whole) + packed_bytes(usize::from(scale)))?;
        Ok(Decimal::Packed {
            precision,
            scale,
            bytes,
        })
    }

    pub fn scale(&self) -> u8 {
        match *self {
            Decimal::Packed { scale, .. } | Decimal::Text { scale, .. } => scale,
        }
    }

    /// Calls `group(digits, value)` for each group of at most nine digits, the most significant first; returns whether
    /// the value is negative.
    #[inline]
    fn groups(&self, mut group: impl FnMut(u32, u32)) -> bool {
        match *self {
            Decimal::Packed {
                precision,
                scale,
                bytes,
            } => {
                // The first bit is the inverted sign; of a negative value every bit is inverted.
                let negative = bytes.first().is_some_and(|byte| byte & 0x80 == 0);
                let mask: u8 = if negative { 0xFF } else { 0 };
                let mut flip = mask ^ 0x80;
                let mut rest = bytes;
                let mut take = |digits: usize| {
                    let (head, tail) = rest.split_at_checked(BYTES[digits]).unwrap_or((rest, &[]));
                    rest = tail;
                    let mut value = 0;
                    for &byte in head {
                        value = value << 8 | u32::from(byte ^ flip);
                        flip = mask;
                    }
                    group(digits as u32, value);
                };
                let (whole, scale) = (
                    usize::from(precision.saturating_sub(scale)),
                    usize::from(scale),
                );
                if whole % DIGITS_PER_WORD > 0 {
                    take(whole % DIGITS_PER_WORD);
                }
                (0..whole / DIGITS_PER_WORD).for_each(|_| take(DIGITS_PER_WORD));
                (0..scale / DIGITS_PER_WORD).for_each(|_| take(DIGITS_PER_WORD));
                if scale % DIGITS_PER_WORD > 0 {
                    take(scale % DIGITS_PER_WORD);
                }
                negative
            }
            Decimal::Text { text, .. } => {
                for &byte in text.iter().filter(|byte| byte.is_ascii_digit()) {
                    group(1, u32::from(byte - b'0'));
                }
                text.first() == Some(&b'-')
            }
        }
    }

    /// The digits without the point as a number; None beyond 38 digits.
    #[inline]
    pub fn unscaled_i128(&self) -> Option<i128> {
        if let Decimal::Packed {
            precision: ..=18, ..
        } = self
        {
            let mut value = 0_i64;
            // Wrapping: bytes of no server may hold more than nine digits in a group.
            let negative = self.groups(|digits, group| {
                value = value
                    .wrapping_mul(i64::from(POWERS[digits as usize]))
                    .wrapping_add(i64::from(group));
            });
            return Some(i128::from(if negative {
                value.wrapping_neg()
            } else {
                value
            }));
        }
        let mut value = Some(0_i128);
        let negative = self.groups(|digits, group| {
            value = value
                .and_then(|value| value.checked_mul(i128::from(POWERS[digits as usize])))
                .and_then(|value| value.checked_add(i128::from(group)));
        });
        value.map(|value| if negative { -value } else { value })
    }

    /// Minimal big-endian two's complement of the unscaled value, as Java's `BigInteger.toByteArray`.
    #[inline]
    pub fn unscaled_be_bytes<'b>(&self, buffer: &'b mut [u8; UNSCALED_BYTES]) -> &'b [u8] {
        match self.unscaled_i128() {
            Some(value) => {
                let narrow = &mut buffer[UNSCALED_BYTES - 16..];
                narrow.copy_from_slice(&value.to_be_bytes());
                // Magnitude and a sign bit.
                let bits = 128 - (value ^ (value >> 127)).leading_zeros();
                &narrow[15 - bits as usize / 8..]
            }
            None => {
                self.write_wide(buffer);
                minimal(buffer)
            }
        }
    }

    #[cold]
    fn write_wide(&self, buffer: &mut [u8; UNSCALED_BYTES]) {
        *buffer = [0; UNSCALED_BYTES];
        let negative = self.groups(|digits, group| {
            let mut carry = u64::from(group);
            for byte in buffer.iter_mut().rev() {
                carry += u64::from(*byte) * u64::from(POWERS[digits as usize]);
                *byte = (carry & 0xFF) as u8;
                carry >>= 8;
            }
        });
        if negative {
            let mut carry = true;
            for byte in buffer.iter_mut().rev() {
                (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
            }
        }
    }

    /// The nearest double.
    pub fn to_f64(&self) -> f64 {
        // Two numbers that doubles hold exactly: their quotient is rounded once.
        if let (Some(unscaled), Some(power)) = (
            self.unscaled_i128(),
            EXACT_POWERS.get(usize::from(self.scale())),
        ) && unscaled.unsigned_abs() < 1 << 53
            && let Decimal::Packed { .. } = self
        {
            return unscaled as f64 / power;
        }
        let mut text = Vec::with_capacity(72);
        self.write_text(&mut text);
        // Digits, a sign and a point always read as a number.
        std::str::from_utf8(&text)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or_default()
    }

    /// As the server prints it: all digits of the scale, no leading zeros but one before the point.
    pub fn write_text(&self, out: &mut Vec<u8>) {
        if let Decimal::Text { text, .. } = self {
            // A ZEROFILL column is printed with zeros in front.
            let zeros = text.iter().take_while(|&&digit| digit == b'0').count();
            let point = text.iter().position(|&digit| digit == b'.');
            let ones = point.unwrap_or(text.len()).saturating_sub(1);
            out.extend_from_slice(text.get(zeros.min(ones)..).unwrap_or(text));
            return;
        }
        let mut digits = Vec::with_capacity(72);
        let negative = self.groups(|count, group| {
            for power in (0..count).rev() {
                digits.push(b'0' + (group / POWERS[power as usize] % 10) as u8);
            }
        });
        let scale = usize::from(self.scale());
        let (whole, fraction) = digits.split_at(digits.len() - scale.min(digits.len()));
        if negative {
            out.push(b'-');
        }
        let first = whole
            .iter()
            .position(|&digit| digit != b'0')
            .unwrap_or(whole.len());
        match whole.get(first..) {
            Some([]) | None => out.push(b'0'),
            Some(whole) => out.extend_from_slice(whole),
        }
        if scale > 0 {
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
    }
}

/// Drops leading bytes that only repeat the sign.
#[inline]
fn minimal(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [first, rest @ ..] = bytes
        && let Some(next) = rest.first()
        && ((*first == 0 && next & 0x80 == 0) || (*first == 0xFF && next & 0x80 != 0))
    {
        bytes = rest;
    }
    bytes
}

/// A decimal as SELECT prints it; only digits, a sign and a point may stand in it.
pub fn parse_text(text: &[u8], scale: u8) -> Result<Decimal<'_>> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(|&b| b.is_ascii_digit() || b == b'.') {
        return Err(Error::corrupt(format!(
            "{:?} is no decimal",
            String::from_utf8_lossy(text)
        )));
    }
    Ok(Decimal::Text { scale, text })
}
