//! Bytes to segments and back, one module per wire format.
