//! OpenAI Files, and what is in them.
//!
//! A file comes as a form (`multipart/form-data`), and its `purpose` says what is in it. What readers
//! of forms could take for different things is refused: parts with one name, folded or repeated
//! headers, `filename*`, a path in a file's name, text around the parts. Whatever the form becomes by
//! edits has to be the same form.
//!
//! # What becomes of each part
//!
//! | part | stage | role | kind |
//! |---|---|---|---|
//! | each row of `purpose`=`batch`: `body`, read as the request that its `url` names: Chat Completions, Completions, Embeddings, Moderations or Responses | as there | as there | as there, with `row` |
//! | each row of `purpose`=`fine-tune`: `messages`, `tools` and their like, also in `input`, `preferred_output` and `non_preferred_output` | as in Chat Completions | the message's | as there, with `row` |
//! | `prompt`, `completion` of such a row | prompt | user / assistant | `text`, with `row` |
//! | every string of a row of `purpose`=`evals` | prompt | user | `text`, with `row` |
//! | any other file that is text | prompt | document | `document`, named after the file |
//! | a file's name that is no token | prompt | document | `other`, `field`=`filename` |
//! | other texts of the form | prompt | other | `other`, `field`=`form` |
//! | `filename`, `status_details` of the answer | output | other | `other`, with `field` |
//! | an upstream's error | output | other | `other`, `field`=`error` |
//! | results of a batch, read with `GET` from `/files/…/content` or `/batches/…/results`: answers by their shape, row by row | output | as there | as there, with `row` |
//! | any other file that is read and is text | output | document | `document` |
//!
//! A row that is not what it should be is refused by its number, which is that of its line, counted
//! from 0. A decision is about the file as a whole: rules see one model, the union of the tools, and
//! the most that any row asks for, and a file whose rows ask for several models is refused. No field
//! can be set in it.
//!
//! What is no UTF-8 text is a gap of the kind `file`, and so is what is said to be something else
//! than text. A body of JSON is that of a store of files, to which one is added: its strings are
//! texts.

mod content;
mod examples;
mod form;
mod requests;
mod response;

pub(crate) use content::{response as content, text_or_gap, unasked};
pub(crate) use form::request;
pub(crate) use response::response;

/// Keys of a row of a batch.
const ROW: &[&str] = &["body", "custom_id", "method", "url"];

/// Keys of an example to tune with.
const EXAMPLE: &[&str] = &[
    "completion",
    "functions",
    "input",
    "messages",
    "non_preferred_output",
    "parallel_tool_calls",
    "preferred_output",
    "prompt",
    "tools",
];

/// Keys of a result.
const RESULT: &[&str] = &["custom_id", "error", "id", "response", "result"];

/// Keys of what is known of a file.
const RESPONSE: &[&str] = &["error", "filename", "id", "status_details"];

/// The words that errors may name.
const VOCABULARY: &[&str] = &[
    "body",
    "completion",
    "content",
    "custom_id",
    "error",
    "filename",
    "id",
    "input",
    "messages",
    "method",
    "model",
    "non_preferred_output",
    "preferred_output",
    "prompt",
    "response",
    "result",
    "role",
    "status_details",
    "tools",
    "type",
    "url",
];
