//! Masking rules, their coverage of a schema, and how each column is masked; pure.
