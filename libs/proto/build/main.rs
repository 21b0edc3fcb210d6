//! Compiles every proto of the suite in pure Rust, without a system `protoc`: messages, clients and servers, and beside them
//! what the contract says of them, so that no service writes it a second time.

mod contract;
mod reasons;
mod services;

use std::error::Error;
use std::path::{Path, PathBuf};

use prost_reflect::DescriptorPool;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    let mut files = Vec::new();
    collect(&root.join("muster"), &mut files)?;
    files.sort();
    println!("cargo:rerun-if-changed={}", root.display());
    println!("cargo:rerun-if-changed=build");

    let compiled = |with_comments| -> Result<protox::Compiler, Box<dyn Error>> {
        let mut compiler = protox::Compiler::new([&root, &root.join("third_party")])?;
        compiler
            .include_imports(true)
            .include_source_info(with_comments)
            .open_files(&files)?;
        Ok(compiler)
    };
    let compiler = compiled(true)?;

    // The encoded set keeps custom options; the decoded one that code generation takes has lost them. Comments are most of its
    // bytes: without them it is what each process keeps in memory.
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let descriptors = compiled(false)?.encode_file_descriptor_set();
    let pool = DescriptorPool::decode(descriptors.as_slice())?;
    std::fs::write(out.join("descriptors.bin"), &descriptors)?;
    std::fs::write(out.join("documented.bin"), compiler.encode_file_descriptor_set())?;
    std::fs::write(out.join("reasons.rs"), reasons::codes(&pool)?)?;

    // Comments of imports hold code of other languages, which rustdoc would take for examples to run.
    let mut protos = compiler.file_descriptor_set();
    for file in protos
        .file
        .iter_mut()
        .filter(|file| !file.name().starts_with("muster/"))
    {
        file.source_code_info = None;
    }
    prost_build::Config::new()
        .enable_type_names()
        .include_file("packages.rs")
        .service_generator(Box::new(services::Generator::new(pool)))
        .compile_fds(protos)?;
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
