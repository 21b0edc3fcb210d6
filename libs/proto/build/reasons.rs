//! The gRPC code of each reason of a refusal, from the option that stands beside it.

use prost_reflect::{DescriptorPool, EnumValueDescriptor, ExtensionDescriptor};
use quote::quote;

const REASONS: &str = "muster.error.v1.ErrorReason";
const OPTION: &str = "muster.error.v1.code";

/// `ErrorReason::code`.
pub fn codes(pool: &DescriptorPool) -> Result<String, String> {
    let reasons = pool.get_enum_by_name(REASONS).ok_or("there is no ErrorReason")?;
    let option = pool
        .get_extension_by_name(OPTION)
        .ok_or("there is no option for codes")?;
    let mut arms = Vec::new();
    // Zero is never sent.
    for reason in reasons.values().filter(|reason| reason.number() != 0) {
        let number = reason.number();
        let code = code(&reason, &option)?;
        arms.push(quote!(#number => tonic::Code::from_i32(#code)));
    }
    let tokens = quote! {
        impl crate::error::v1::ErrorReason {
            /// The gRPC code with which the reason is sent, as it stands beside it in the contract.
            pub const fn code(self) -> tonic::Code {
                match self as i32 {
                    #(#arms,)*
                    _ => tonic::Code::Internal,
                }
            }
        }
    };
    Ok(tokens.to_string())
}

fn code(reason: &EnumValueDescriptor, option: &ExtensionDescriptor) -> Result<i32, String> {
    let options = reason.options();
    let code = options.get_extension(option).as_enum_number().unwrap_or_default();
    if code == 0 {
        return Err(format!("{} has no (muster.error.v1.code)", reason.name()));
    }
    Ok(code)
}
