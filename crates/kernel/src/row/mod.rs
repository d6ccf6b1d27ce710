//! Values of a row, decoded from binlog images or result-set text, borrowed from the input.

pub mod value;
