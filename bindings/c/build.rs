//! How libvqz.so is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // The number changes when the interface changes in a way that programs notice.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libvqz.so.0");
        // The library keeps threads, which a dlclose would leave without code.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
