//! Stores of documents: what is looked for in them, what they answer, what is written to them.
//!
//! Each store has a module of its own, which says where in its bodies queries and records stand; how
//! they are read, and how a record is taken out, is the same for all and is here.
//!
//! # What becomes of each part
//!
//! | part | stage | role | kind |
//! |---|---|---|---|
//! | a query in a request | prompt | user | `query` |
//! | a parameter of the address | prompt | user | `query`, `field`=its name |
//! | a string of a record, in an answer or in what is written | retrieval | document | `document`, `document`=the record's id, `field`=its place |
//! | any other string of a request that writes | retrieval | document | `document`, `field`=its place |
//! | any other text of a request | prompt | other | `other`, `field`=its place |
//! | any other text of an answer | retrieval | other | `other`, `field`=its place |
//!
//! Each segment of a record has what is known of it in its attributes: `score`, and `metadata.` with
//! the name of each small value beside the text, so that rules can compare a tenant or a source. A
//! value that is long, has a control character in it or stands under a key that is no plain name is
//! not among them. An id is a segment only if it is no token; a record that has no text at all is
//! one read-only segment, so that it can be dropped.
//!
//! A dropped segment takes its record along, in every array that has a place for it, and numbers that
//! count the records follow. A record that stands alone cannot be taken out, a write is not done in
//! part, and an address is not changed: what asks for that is a denial of the whole.
//!
//! Numbers, vectors among them, are not text.

mod attributes;
mod call;
mod parameters;
mod path;
mod read;
mod record;
mod shape;

pub use call::{Call, JsonEndpoint, JsonRecords, Store};
pub use path::Path;
pub(crate) use read::{request, response};
pub(crate) use shape::{Fields, Form, Shape, Table};
