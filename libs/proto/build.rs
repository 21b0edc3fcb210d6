//! Compiles every proto of the suite in pure Rust: no system `protoc`.

use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    let mut files = Vec::new();
    collect(&root.join("muster"), &mut files)?;
    files.sort();
    println!("cargo:rerun-if-changed={}", root.display());

    let mut compiler = protox::Compiler::new([&root, &root.join("third_party")])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(&files)?;

    // The encoded set keeps custom options; the decoded one that code generation takes has lost them.
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;
    // Comments of imports hold code of other languages, which rustdoc would take for examples to run.
    let mut contract = compiler.file_descriptor_set();
    for file in contract
        .file
        .iter_mut()
        .filter(|file| !file.name().starts_with("muster/"))
    {
        file.source_code_info = None;
    }
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    tonic_prost_build::configure()
        .include_file("packages.rs")
        .compile_fds_with_config(contract, config)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
