//! The gateway, the decision API and the admin port.
