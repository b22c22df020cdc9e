//! The configuration file: strict YAML in, resolved types out.
