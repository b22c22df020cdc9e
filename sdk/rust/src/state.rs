//! What a plugin remembers within an exchange.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// The most bytes of state that a host carries for one plugin in one exchange.
///
/// ```
/// use caponier_sdk::state;
///
/// // What grows with the exchange must end somewhere, or the call fails.
/// assert!(state::encode(&"x".repeat(state::MAX_BYTES)).is_err());
/// assert!(state::encode(&"x".repeat(state::MAX_BYTES / 2)).is_ok());
/// ```
pub const MAX_BYTES: usize = 256 << 10;

/// The bytes that stand for `value`.
///
/// [`Report::set_state`](crate::Report::set_state) and [`Call::state`](crate::Call::state) do this
/// for a plugin; a test that looks at the bytes does it by itself.
///
/// ```
/// use caponier_sdk::state;
///
/// let seen = vec![(1, "bluebird".to_owned())];
/// let bytes = state::encode(&seen)?;
/// assert_eq!(state::decode::<Vec<(u32, String)>>(&bytes)?, seen);
/// // The first call of an exchange has no state yet.
/// assert_eq!(state::decode::<Vec<(u32, String)>>(&[])?, []);
/// # Ok::<(), caponier_sdk::Error>(())
/// ```
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
/// See the [example](encode).
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
