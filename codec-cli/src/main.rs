//! The `vqz` command.
fn main() {}
