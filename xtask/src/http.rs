//! As much of an HTTP client as the demo needs.
