//! The kernel's one error: what is wrong, and where it was found.

use std::fmt;

/// What kind of thing went wrong; the Python side maps each to a class of `tailrace.errors`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Input ended inside a field.
    Truncated,
    /// Input contradicts the format.
    Corrupt,
    /// A CRC32 did not match.
    Checksum,
    /// Well-formed, but not something this kernel knows.
    Unsupported,
    /// The schema given for a table does not fit the bytes.
    Schema,
    /// A value given by the caller (a GTID set, a plan) is not valid.
    Invalid,
    /// The server reported an error (an ERR packet); `server_code` holds its number.
    Server,
}

/// Where the error was found. Filled in from the inside out, each layer adding what it knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    pub file: Option<String>,
    /// Byte offset of the event's first byte in `file`.
    pub position: Option<u64>,
    pub event: Option<&'static str>,
    /// `database.table`
    pub table: Option<String>,
    pub column: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    kind: Kind,
    message: String,
    server_code: Option<u16>,
    place: Place,
}

/// Boxed so that `Result<Value, Error>` stays small on the hot path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    #[cold]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            server_code: None,
            place: Place::default(),
        }))
    }

    #[cold]
    pub fn truncated(wanted: usize, left: usize) -> Self {
        Self::new(
            Kind::Truncated,
            format!("needs {wanted} more bytes, {left} are left"),
        )
    }

    #[cold]
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(Kind::Corrupt, message)
    }

    #[cold]
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, message)
    }

    #[cold]
    pub fn schema(message: impl Into<String>) -> Self {
        Self::new(Kind::Schema, message)
    }

    #[cold]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, message)
    }

    #[cold]
    pub fn server(code: u16, message: impl Into<String>) -> Self {
        let mut error = Self::new(Kind::Server, message);
        error.0.server_code = Some(code);
        error
    }

    /// Adds the event's place, unless an inner layer already did.
    #[must_use]
    pub fn at(mut self, file: &str, position: u64, event: &'static str) -> Self {
        let place = &mut self.0.place;
        if place.event.is_none() {
            place.file = Some(file.to_owned());
            place.position = Some(position);
            place.event = Some(event);
        }
        self
    }

    #[must_use]
    pub fn in_table(mut self, database: &str, table: &str) -> Self {
        self.0
            .place
            .table
            .get_or_insert_with(|| format!("{database}.{table}"));
        self
    }

    #[must_use]
    pub fn in_column(mut self, column: &str) -> Self {
        self.0.place.column.get_or_insert_with(|| column.to_owned());
        self
    }

    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    pub fn message(&self) -> &str {
        &self.0.message
    }

    pub fn server_code(&self) -> Option<u16> {
        self.0.server_code
    }

    pub fn place(&self) -> &Place {
        &self.0.place
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { message, place, .. } = &*self.0;
        if let Some(event) = place.event {
            write!(f, "{event} event")?;
            if let (Some(file), Some(position)) = (&place.file, place.position) {
                write!(f, " at {file}:{position}")?;
            }
            f.write_str(": ")?;
        }
        match (&place.table, &place.column) {
            (Some(table), Some(column)) => write!(f, "{table}.{column}: ")?,
            (Some(table), None) => write!(f, "{table}: ")?,
            (None, Some(column)) => write!(f, "column {column}: ")?,
            (None, None) => {}
        }
        f.write_str(message)
    }
}

impl std::error::Error for Error {}
