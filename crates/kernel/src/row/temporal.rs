//! Dates and times as MySQL stores them (sql-common/my_time.cc, `*_from_binary`), and the arithmetic encoders need.

use super::value::{Date, DateTime};
use crate::error::{Error, Result};
use crate::reader::Reader;

/// Bytes that hold `fsp` digits, two digits each.
fn fraction_bytes(fsp: u8) -> usize {
    usize::from(fsp.div_ceil(2))
}

/// Microseconds of the fraction that follows a TIMESTAMP or DATETIME.
#[inline]
pub fn read_fraction(fsp: u8, r: &mut Reader<'_>) -> Result<u32> {
    let micros = match fraction_bytes(fsp) {
        0 => return Ok(0),
        1 => u32::from(r.u8()?) * 10_000,
        2 => u32::from(r.u16_be()?) * 100,
        _ => r.uint_be(3)? as u32,
    };
    if micros < 1_000_000 {
        Ok(micros)
    } else {
        Err(Error::corrupt(format!("{micros} microseconds")))
    }
}

const DATETIME_OFFSET: u64 = 0x80_0000_0000;

/// 40 bits big-endian, offset by the sign bit: year × 13 + month (17), day (5), hour (5), minute (6), second (6).
#[inline]
pub fn read_datetime(fsp: u8, r: &mut Reader<'_>) -> Result<DateTime> {
    let packed = r.uint_be(5)?;
    let packed = packed
        .checked_sub(DATETIME_OFFSET)
        .ok_or_else(|| Error::corrupt("a DATETIME before the year 0"))?;
    let (date, time) = (packed >> 17, packed & 0x1_FFFF);
    let year_month = date >> 5;
    Ok(DateTime {
        date: Date {
            year: (year_month / 13) as u16,
            month: (year_month % 13) as u8,
            day: (date & 31) as u8,
        },
        hour: (time >> 12) as u8,
        minute: (time >> 6 & 63) as u8,
        second: (time & 63) as u8,
        micros: read_fraction(fsp, r)?,
    })
}

/// TIME as signed microseconds. The packed value with its fraction is one offset integer, so that a negative time with
/// a fraction borrows from the whole part (`my_time_packed_from_binary`).
#[inline]
pub fn read_time(fsp: u8, r: &mut Reader<'_>) -> Result<i64> {
    let fraction = fraction_bytes(fsp);
    let packed = r.uint_be(3 + fraction)?.cast_signed();
    let shift = 8 * fraction as u32;
    let packed = packed - (0x80_0000 << shift);
    let (sign, packed) = (packed.signum(), packed.unsigned_abs());
    let (whole, fraction_value) = (packed >> shift, packed & ((1 << shift) - 1));
    let micros = match fraction {
        0 => 0,
        1 => fraction_value * 10_000,
        2 => fraction_value * 100,
        _ => fraction_value,
    };
    let seconds = (whole >> 12 & 0x3FF) * 3600 + (whole >> 6 & 63) * 60 + (whole & 63);
    Ok(sign * (seconds * 1_000_000 + micros).cast_signed())
}

/// DATE: day (5 bits), month (4), year (15).
#[inline]
pub fn unpack_date(packed: u32) -> Date {
    Date {
        year: (packed >> 9) as u16,
        month: (packed >> 5 & 15) as u8,
        day: (packed & 31) as u8,
    }
}

/// TIME before 5.6.4: HHMMSS as a signed number of 24 bits.
pub fn old_time(packed: u32) -> i64 {
    let signed = i64::from((packed << 8).cast_signed() >> 8);
    let number = signed.abs();
    signed.signum()
        * ((number / 10_000) * 3600 + number / 100 % 100 * 60 + number % 100)
        * 1_000_000
}

/// DATETIME before 5.6.4: YYYYMMDDHHMMSS as a number.
pub fn old_datetime(packed: u64) -> Result<DateTime> {
    let (date, time) = (packed / 1_000_000, packed % 1_000_000);
    let year = u16::try_from(date / 10_000)
        .map_err(|_| Error::corrupt(format!("the DATETIME {packed}")))?;
    Ok(DateTime {
        date: Date {
            year,
            month: (date / 100 % 100) as u8,
            day: (date % 100) as u8,
        },
        hour: (time / 10_000) as u8,
        minute: (time / 100 % 100) as u8,
        second: (time % 100) as u8,
        micros: 0,
    })
}

/// Dates with a month or day of 0, which no calendar has.
#[inline]
pub fn is_zero_date(date: Date) -> bool {
    date.month == 0 || date.day == 0
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar. (Counting years from March puts the leap day last.)
#[inline]
pub fn days_from_civil(date: Date) -> i32 {
    let (month, day) = (i32::from(date.month), i32::from(date.day));
    let year = i32::from(date.year) - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month, day of a day since 1970-01-01.
#[inline]
fn civil_from_days(days: i64) -> (i64, u64, u64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097).cast_unsigned();
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (
        year_of_era.cast_signed() + era * 400 + i64::from(month <= 2),
        month,
        day,
    )
}

/// Microseconds since the epoch, the wall clock read as UTC.
#[inline]
pub fn epoch_micros(value: DateTime) -> i64 {
    let seconds = i64::from(days_from_civil(value.date)) * 86_400
        + i64::from(value.hour) * 3600
        + i64::from(value.minute) * 60
        + i64::from(value.second);
    seconds * 1_000_000 + i64::from(value.micros)
}

/// `00` to `99`.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + value as u8 / 10, b'0' + value as u8 % 10];
        value += 1;
    }
    pairs
};

#[inline]
fn two_digits(value: u64, out: &mut [u8]) {
    // Not a copy of a slice, which would be a call.
    [out[0], out[1]] = PAIRS[(value % 100) as usize];
}

/// `2018-06-20T13:37:03.123Z` with exactly `fsp` digits of fraction.
#[inline]
pub fn write_iso_timestamp(seconds: i64, micros: u32, fsp: u8, out: &mut Vec<u8>) {
    let (year, month, day) = civil_from_days(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400).cast_unsigned();
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    two_digits(year.unsigned_abs() / 100, &mut text[0..2]);
    two_digits(year.unsigned_abs() % 100, &mut text[2..4]);
    two_digits(month, &mut text[5..7]);
    two_digits(day, &mut text[8..10]);
    two_digits(second / 3600, &mut text[11..13]);
    two_digits(second / 60 % 60, &mut text[14..16]);
    two_digits(second % 60, &mut text[17..19]);
    if fsp == 0 {
        text[19] = b'Z';
        out.extend_from_slice(&text[..20]);
        return;
    }
    let micros = u64::from(micros);
    two_digits(micros / 10_000, &mut text[20..22]);
    two_digits(micros / 100 % 100, &mut text[22..24]);
    two_digits(micros % 100, &mut text[24..26]);
    let end = 20 + usize::from(fsp.min(6));
    text[end] = b'Z';
    out.extend_from_slice(&text[..=end]);
}

fn write_padded(value: u64, digits: usize, out: &mut Vec<u8>) {
    let mut divisor = 10_u64.pow(digits as u32 - 1);
    while divisor > 0 {
        out.push(b'0' + (value / divisor % 10) as u8);
        divisor /= 10;
    }
}

/// `2018-06-20`
pub fn write_iso_date(date: Date, out: &mut Vec<u8>) {
    write_padded(u64::from(date.year), 4, out);
    out.push(b'-');
    write_padded(u64::from(date.month), 2, out);
    out.push(b'-');
    write_padded(u64::from(date.day), 2, out);
}

/// `13:37:03.123`, the fraction without trailing zeros; a time beyond a day, or negative, is taken within the day.
pub fn write_iso_time(micros: i64, out: &mut Vec<u8>) {
    let micros = micros.rem_euclid(86_400_000_000).cast_unsigned();
    let (seconds, mut fraction) = (micros / 1_000_000, micros % 1_000_000);
    write_padded(seconds / 3600, 2, out);
    out.push(b':');
    write_padded(seconds / 60 % 60, 2, out);
    out.push(b':');
    write_padded(seconds % 60, 2, out);
    if fraction > 0 {
        let mut digits = 6;
        while fraction % 10 == 0 {
            fraction /= 10;
            digits -= 1;
        }
        out.push(b'.');
        write_padded(fraction, digits, out);
    }
}

/// `2018-06-20T13:37:03.123`
pub fn write_iso_datetime(value: DateTime, out: &mut Vec<u8>) {
    write_iso_date(value.date, out);
    out.push(b'T');
    let seconds =
        i64::from(value.hour) * 3600 + i64::from(value.minute) * 60 + i64::from(value.second);
    write_iso_time(seconds * 1_000_000 + i64::from(value.micros), out);
}
