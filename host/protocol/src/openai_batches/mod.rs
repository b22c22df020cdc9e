//! OpenAI Batches: the making of one.
//!
//! # What becomes of each part
//!
//! | part | stage | role | kind |
//! |---|---|---|---|
//! | `metadata` | prompt | other | `other`, `field`=`metadata` |
//! | `metadata`, `errors` of what is known of a batch | output | other | `other`, with `field` |
//! | an upstream's error | output | other | `other`, `field`=`error` |
//!
//! The requests are in a file, and inspected where it is uploaded; fields that are not known and hold
//! text are gaps. Results are inspected where their file is read.

mod request;
mod response;

pub(crate) use request::request;
pub(crate) use response::response;

/// Keys of the request itself.
const TOP: &[&str] = &[
    "completion_window",
    "endpoint",
    "input_file_id",
    "metadata",
    "output_expires_after",
];

/// Keys of what is known of a batch.
const RESPONSE: &[&str] = &["error", "errors", "id", "metadata"];

/// The words that errors may name.
const VOCABULARY: &[&str] = &[
    "completion_window",
    "endpoint",
    "error",
    "errors",
    "id",
    "input_file_id",
    "message",
    "metadata",
    "output_expires_after",
];
