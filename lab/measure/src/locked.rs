//! Versions of the crates that are built in, from Cargo.lock.

const LOCK: &str = include_str!("../../../Cargo.lock");

/// The version of a dependency. Crates of C libraries name the library's version behind a `+`.
///
/// # Panics
/// If it is no dependency.
pub fn version(package: &str) -> &'static str {
    LOCK.split("[[package]]")
        .find_map(|block| {
            let name = field(block, "name")?;
            (name == package).then(|| field(block, "version"))?
        })
        .unwrap_or_else(|| panic!("{package} is not in Cargo.lock"))
}

fn field<'a>(block: &'a str, key: &str) -> Option<&'a str> {
    block.lines().find_map(|line| {
        let value = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        value.strip_suffix('"')
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn our_own_version_is_found() {
        assert_eq!(super::version("vqz-measure"), env!("CARGO_PKG_VERSION"));
    }
}
