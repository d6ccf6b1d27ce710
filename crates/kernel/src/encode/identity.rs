//! Which row a change is of: the values of a table's own key as bytes, the same from the binlog and from a SELECT.
//!
//! Apart from the event's key, which may be of other columns and may be written in modes that lose digits.

use super::encoding::FieldSpec;
use super::json_value::JsonField;
use super::plan::Plan;
use crate::error::{Error, Result};
use crate::row::value::Value;

#[derive(Debug)]
pub struct Identity {
    fields: Vec<(usize, JsonField)>,
}

impl Identity {
    /// Of the columns named `key`, in that order; a schema error where the table has no such column.
    pub fn compile(plan: &Plan, key: &[String]) -> Result<Identity> {
        let fields = key
            .iter()
            .map(|name| {
                let found = plan
                    .columns
                    .iter()
                    .position(|column| column.spec.name.eq_ignore_ascii_case(name));
                let index = found.ok_or_else(|| {
                    Error::schema(format!("no column {name}"))
                        .in_table(&plan.name.database, &plan.name.table)
                })?;
                let column = &plan.columns[index];
                let spec = FieldSpec {
                    name: String::new(),
                    form: String::new(),
                    mask: None,
                    null: "null".to_owned(),
                    zero: None,
                    strict: false,
                };
                JsonField::compile(&spec, &column.kind, &column.spec).map(|field| (index, field))
            })
            .collect::<Result<_>>()?;
        Ok(Identity { fields })
    }

    /// Puts the key of a row into `out`, in place of what was there.
    pub fn write(
        &self,
        values: &[Value<'_>],
        out: &mut Vec<u8>,
        scratch: &mut Vec<u8>,
    ) -> Result<()> {
        out.clear();
        for (index, field) in &self.fields {
            let value = values.get(*index).copied().unwrap_or(Value::Absent);
            field.write(value, out, scratch)?;
        }
        Ok(())
    }
}
