//! Compiles protos from source text.

use std::path::Path;

use prost_reflect::DescriptorPool;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};

struct Sources(String);

impl FileResolver for Sources {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match name {
            "test.proto" => File::from_source(name, &self.0),
            "muster/access/v1/access.proto" => {
                let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join("../../proto")
                    .join(name);
                File::open(name, &path)
            }
            _ => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// The pool of `muster.test.v1` with these definitions.
pub(crate) fn pool(definitions: &str) -> Result<DescriptorPool, protox::Error> {
    let source = format!(
        "syntax = \"proto3\";\npackage muster.test.v1;\nimport \"muster/access/v1/access.proto\";\n{definitions}"
    );
    let mut resolver = ChainFileResolver::new();
    resolver.add(Sources(source));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).open_file("test.proto")?;
    Ok(DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice()).unwrap())
}

/// A service `name` with one method `Do` that carries this option text.
pub(crate) fn service(name: &str, option: &str) -> DescriptorPool {
    pool(&format!(
        "{MESSAGES}\nservice {name} {{ rpc Do(Request) returns (Response) {{ {option} }} }}"
    ))
    .unwrap()
}

/// A service `TestService` whose method has this rule.
pub(crate) fn with_rule(rule: &str) -> DescriptorPool {
    service(
        "TestService",
        &format!("option (muster.access.v1.rule) = {{ {rule} }};"),
    )
}

/// A request with every shape that a scope path may meet.
pub(crate) const MESSAGES: &str = "
message Request {
  string parent = 1;
  Inner inner = 2;
  repeated Inner inners = 3;
  repeated string names = 4;
  bytes raw = 5;
  oneof either { string left = 6; Inner right = 7; }
  optional string maybe = 8;
  map<string, string> labels = 9;
  int64 count = 10;
  fixed32 four = 11;
  double eight = 12;
}
message Inner { string name = 1; Inner inner = 15; uint32 size = 2000; }
message Response {}
";
