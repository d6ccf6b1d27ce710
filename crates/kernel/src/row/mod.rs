//! Values of a row, decoded from binlog images or result-set text, borrowed from the input.

pub mod charset;
pub mod decimal;
pub mod image;
pub mod jsonb;
pub mod temporal;
pub mod text;
pub mod value;
pub mod wire;
