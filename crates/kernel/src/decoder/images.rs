//! Row images to values: which columns are there, which are NULL, and what a partial update means.

use crate::error::{Error, Result};
use crate::reader::Reader;
use crate::row::image;
use crate::row::value::Value;
use crate::row::wire::WireType;

/// A row event's column bitmap, bit i for column i, least significant bit first.
#[derive(Debug, Clone, Copy)]
pub struct Bitmap<'a>(&'a [u8]);

impl<'a> Bitmap<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Bitmap(bytes)
    }

    #[inline]
    pub fn get(self, index: usize) -> bool {
        self.0
            .get(index / 8)
            .is_some_and(|byte| byte >> (index % 8) & 1 == 1)
    }

    /// How many of the first `columns` bits are set.
    pub fn count(self, columns: usize) -> usize {
        (0..columns).filter(|&index| self.get(index)).count()
    }
}

/// The columns of one image kind in one event: compiled once, used per row.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    present: Bitmap<'a>,
    /// Columns that are there; NULL bits are counted over these.
    carried: usize,
    full: bool,
}

impl<'a> Layout<'a> {
    pub fn new(present: Bitmap<'a>, columns: usize) -> Self {
        let carried = present.count(columns);
        Layout {
            present,
            carried,
            full: carried == columns,
        }
    }

    /// No column is there.
    pub fn is_empty(&self) -> bool {
        self.carried == 0
    }
}

/// One row image, a value for each column of the table, read as it is asked for.
///
/// Layout (`Rows_log_event`, sql/log_event.cc): NULL bitmap over the columns present, then their values.
pub struct Image<'r, 'a> {
    wires: &'r [WireType],
    layout: Layout<'r>,
    reader: &'r mut Reader<'a>,
    nulls: Bitmap<'a>,
    index: usize,
    carried: usize,
}

impl<'r, 'a> Image<'r, 'a> {
    #[inline]
    pub fn new(
        wires: &'r [WireType],
        layout: Layout<'r>,
        reader: &'r mut Reader<'a>,
    ) -> Result<Self> {
        let nulls = Bitmap(reader.bytes(layout.carried.div_ceil(8))?);
        Ok(Image {
            wires,
            layout,
            reader,
            nulls,
            index: 0,
            carried: 0,
        })
    }
}

impl<'a> Iterator for Image<'_, 'a> {
    type Item = Result<Value<'a>>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let wire = *self.wires.get(self.index)?;
        let present = self.layout.full || self.layout.present.get(self.index);
        self.index += 1;
        if !present {
            return Some(Ok(Value::Absent));
        }
        let null = self.nulls.get(self.carried);
        self.carried += 1;
        Some(if null {
            Ok(Value::Null)
        } else {
            image::decode(wire, self.reader)
        })
    }
}

/// Reads one row image into `values`, in place of what was there.
#[inline]
pub fn read_image<'a>(
    wires: &[WireType],
    layout: Layout<'_>,
    reader: &mut Reader<'a>,
    values: &mut Vec<Value<'a>>,
) -> Result<()> {
    // Written in place: every row of an event has the same columns.
    values.resize(wires.len(), Value::Absent);
    for (value, read) in values.iter_mut().zip(Image::new(wires, layout, reader)?) {
        *value = read?;
    }
    Ok(())
}

const PARTIAL_JSON_UPDATES: u64 = 1;

/// Reads the after-image of a Partial_update_rows event.
///
/// Before the image stand `value_options` (lenenc) and, with PARTIAL_JSON_UPDATES, one bit for every JSON column of
/// the table, in the image or not (`Rows_log_event::pack_row`, sql/rpl_record.cc). A column whose bit is set holds
/// `Json_diff_vector` to apply to its before-value.
pub fn read_partial_image<'a>(
    wires: &[WireType],
    layout: Layout<'_>,
    before: &[Value<'a>],
    reader: &mut Reader<'a>,
    values: &mut Vec<Value<'a>>,
) -> Result<()> {
    values.clear();
    let options = reader.lenenc()?;
    if options & !PARTIAL_JSON_UPDATES != 0 {
        return Err(Error::unsupported(format!(
            "row value options {options:#x}"
        )));
    }
    let json_columns = wires.iter().filter(|wire| wire.is_json()).count();
    let partial = if options & PARTIAL_JSON_UPDATES != 0 {
        reader.bytes(json_columns.div_ceil(8))?
    } else {
        &[]
    };
    let partial = Bitmap(partial);
    let nulls = Bitmap(reader.bytes(layout.carried.div_ceil(8))?);
    let (mut json_seen, mut carried) = (0, 0);
    for (index, &wire) in wires.iter().enumerate() {
        let is_diff = wire.is_json() && {
            json_seen += 1;
            partial.get(json_seen - 1)
        };
        if !layout.present.get(index) {
            values.push(Value::Absent);
            continue;
        }
        let null = nulls.get(carried);
        carried += 1;
        values.push(match () {
            () if null => Value::Null,
            () if is_diff => apply_diff(image::decode(wire, reader)?, before.get(index).copied())?,
            () => image::decode(wire, reader)?,
        });
    }
    Ok(())
}

fn apply_diff<'a>(diff: Value<'a>, before: Option<Value<'a>>) -> Result<Value<'a>> {
    match (diff, before) {
        (Value::JsonBinary(diffs), Some(Value::JsonBinary(base))) => {
            Ok(Value::JsonDiff { base, diffs })
        }
        // Without the before-value (binlog_row_image=MINIMAL) the new value cannot be known: it is left out.
        (Value::JsonBinary(_), Some(Value::Absent) | None) => Ok(Value::Absent),
        _ => Err(Error::corrupt(
            "a JSON diff to a value that is no JSON document",
        )),
    }
}

/// Columns that an update's after-image leaves out are unchanged: takes them from the before-image.
pub fn fill_unchanged<'a>(before: &[Value<'a>], after: &mut [Value<'a>]) {
    for (after, before) in after.iter_mut().zip(before) {
        if let Value::Absent = after {
            *after = *before;
        }
    }
}
