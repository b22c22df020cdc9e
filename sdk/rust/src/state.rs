//! What a plugin remembers within an exchange.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// The most bytes of state that a host carries for one plugin in one exchange.
pub const MAX_BYTES: usize = 256 << 10;

/// The bytes that stand for `value`.
///
/// # Errors
/// Where they are more than [`MAX_BYTES`], or the value has a part that cannot be encoded.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let bytes = postcard::to_allocvec(value)
        .map_err(|error| Error::new(format!("the state cannot be encoded: {error}")))?;
    if bytes.len() > MAX_BYTES {
        return Err(Error::new(format!(
            "the state has {} bytes; at most {MAX_BYTES} are carried",
            bytes.len()
        )));
    }
    Ok(bytes)
}

/// The value that `bytes` stand for; none at all stand for the default.
///
/// # Errors
/// Where the bytes are not what [`encode`] made of such a value.
pub fn decode<T: DeserializeOwned + Default>(bytes: &[u8]) -> Result<T, Error> {
    if bytes.is_empty() {
        return Ok(T::default());
    }
    postcard::from_bytes(bytes)
        .map_err(|error| Error::new(format!("the state cannot be decoded: {error}")))
}
