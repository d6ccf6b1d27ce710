//! A checked cursor over bytes. Every read past the end is [`Kind::Truncated`](crate::error::Kind), never a panic.
//!
//! Integers are little-endian unless the name ends in `_be`, as in MySQL's `my_byteorder.h`.

use crate::error::{Error, Result};

#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

macro_rules! fixed {
    ($name:ident, $name_be:ident, $type:ty) => {
        #[inline]
        pub fn $name(&mut self) -> Result<$type> {
            Ok(<$type>::from_le_bytes(self.array()?))
        }

        #[inline]
        pub fn $name_be(&mut self) -> Result<$type> {
            Ok(<$type>::from_be_bytes(self.array()?))
        }
    };
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// What has not been read yet; does not move.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    #[inline]
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(count) {
            Some((head, tail)) => {
                self.rest = tail;
                Ok(head)
            }
            None => Err(Error::truncated(count, self.rest.len())),
        }
    }

    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest.split_first_chunk::<N>() {
            Some((head, tail)) => {
                self.rest = tail;
                Ok(*head)
            }
            None => Err(Error::truncated(N, self.rest.len())),
        }
    }

    #[inline]
    pub fn skip(&mut self, count: usize) -> Result<()> {
        self.bytes(count).map(|_| ())
    }

    #[inline]
    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    fixed!(u16, u16_be, u16);
    fixed!(u32, u32_be, u32);
    fixed!(u64, u64_be, u64);

    #[inline]
    pub fn u24(&mut self) -> Result<u32> {
        let [a, b, c] = self.array()?;
        Ok(u32::from_le_bytes([a, b, c, 0]))
    }

    #[inline]
    pub fn u48(&mut self) -> Result<u64> {
        let [a, b, c, d, e, f] = self.array()?;
        Ok(u64::from_le_bytes([a, b, c, d, e, f, 0, 0]))
    }

    /// Unsigned big-endian integer of 0 to 8 bytes.
    #[inline]
    pub fn uint_be(&mut self, count: usize) -> Result<u64> {
        Ok(self
            .bytes(count)?
            .iter()
            .fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    /// Unsigned little-endian integer of 0 to 8 bytes.
    #[inline]
    pub fn uint(&mut self, count: usize) -> Result<u64> {
        Ok(self
            .bytes(count)?
            .iter()
            .rev()
            .fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    /// A length-encoded integer (`net_field_length_ll`); 0xFB is SQL NULL, hence `None`.
    #[inline]
    pub fn lenenc_or_null(&mut self) -> Result<Option<u64>> {
        Ok(Some(match self.u8()? {
            0xFB => return Ok(None),
            0xFC => u64::from(self.u16()?),
            0xFD => u64::from(self.u24()?),
            0xFE => self.u64()?,
            0xFF => return Err(Error::corrupt("0xFF is no length-encoded integer")),
            small => u64::from(small),
        }))
    }

    #[inline]
    pub fn lenenc(&mut self) -> Result<u64> {
        self.lenenc_or_null()?
            .ok_or_else(|| Error::corrupt("NULL where a length-encoded integer must stand"))
    }

    /// A length-encoded byte string.
    #[inline]
    pub fn lenenc_bytes(&mut self) -> Result<&'a [u8]> {
        let count =
            usize::try_from(self.lenenc()?).map_err(|_| Error::corrupt("length overflows"))?;
        self.bytes(count)
    }
}
