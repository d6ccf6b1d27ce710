//! Which table a table id means, and the plan that reads its rows.

use crate::binlog::table_map::TableMap;
use crate::encode::plan::{ColumnType, Plan};
use crate::error::{Error, Result};
use crate::row::wire::WireType;
use std::collections::HashMap;
use std::sync::Arc;

/// A plan fitted to the wire types of one table map.
#[derive(Debug)]
pub struct Bound {
    pub plan: Arc<Plan>,
    pub wires: Vec<WireType>,
}

#[derive(Debug, Clone)]
pub enum Binding {
    /// Rows are skipped: the table is not captured.
    Ignored,
    Bound(Arc<Bound>),
}

#[derive(Default)]
pub struct Tables {
    known: HashMap<u64, Known>,
    /// The table map that policy is being asked about.
    pending: Option<(u64, Box<[u8]>, TableMap)>,
}

struct Known {
    /// The table map's body: the same bytes again mean the same table version.
    body: Box<[u8]>,
    binding: Binding,
    /// What reads the rows of inserts that are told of.
    told: Option<Arc<Bound>>,
}

impl Tables {
    pub fn knows(&self, table_id: u64, body: &[u8]) -> bool {
        self.known
            .get(&table_id)
            .is_some_and(|known| *known.body == *body)
    }

    #[inline]
    pub fn get(&self, table_id: u64) -> Option<&Binding> {
        self.known.get(&table_id).map(|known| &known.binding)
    }

    /// What reads the rows of inserts that are told of.
    #[inline]
    pub fn told(&self, table_id: u64) -> Option<&Arc<Bound>> {
        self.known.get(&table_id)?.told.as_ref()
    }

    pub fn ask(&mut self, table_id: u64, body: &[u8], map: TableMap) {
        self.pending = Some((table_id, body.into(), map));
    }

    pub fn bind(
        &mut self,
        table_id: u64,
        plan: Option<Arc<Plan>>,
        told: Option<Arc<Plan>>,
    ) -> Result<()> {
        let Some((_, body, map)) = self.pending.take_if(|(pending, ..)| *pending == table_id)
        else {
            return Err(Error::invalid(format!(
                "nothing was asked about table id {table_id}"
            )));
        };
        let binding = match plan {
            None => Binding::Ignored,
            Some(plan) => Binding::Bound(Arc::new(fit(plan, &map)?)),
        };
        let told = told.map(|plan| fit(plan, &map).map(Arc::new)).transpose()?;
        let known = Known {
            body,
            binding,
            told,
        };
        self.known.insert(table_id, known);
        Ok(())
    }

    pub fn clear(&mut self) {
        self.known.clear();
    }
}

fn fit(plan: Arc<Plan>, map: &TableMap) -> Result<Bound> {
    let table = Arc::clone(&plan.name);
    let located = |error: Error| error.in_table(&table.database, &table.table);
    if plan.columns.len() != map.types.len() {
        return Err(located(Error::schema(format!(
            "the binlog has {} columns, the known definition {}",
            map.types.len(),
            plan.columns.len()
        ))));
    }
    let wires = (map.types.iter().zip(&map.meta).zip(&plan.columns))
        .map(|((&kind, &meta), column)| {
            let binary = !matches!(column.kind, ColumnType::Text(_));
            WireType::new(kind, meta, column.spec.unsigned, binary)
                .map_err(|error| located(error.in_column(&column.spec.name)))
        })
        .collect::<Result<_>>()?;
    Ok(Bound { plan, wires })
}
