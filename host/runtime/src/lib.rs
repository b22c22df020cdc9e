//! Revisions: build, evaluate, watch, swap.
