//! The gRPC code of each reason of a refusal, and who can help, from the options that stand beside it.

use prost_reflect::{DescriptorPool, EnumValueDescriptor, ExtensionDescriptor};
use quote::quote;

const REASONS: &str = "muster.error.v1.ErrorReason";
const CODE: &str = "muster.error.v1.code";
const HELPED: &str = "muster.error.v1.helped_by_staff";

/// `ErrorReason::code` and `ErrorReason::is_helped_by_staff`.
pub fn codes(pool: &DescriptorPool) -> Result<String, String> {
    let reasons = pool.get_enum_by_name(REASONS).ok_or("there is no ErrorReason")?;
    let option = |name| {
        let found = pool.get_extension_by_name(name);
        found.ok_or_else(|| format!("there is no option {name}"))
    };
    let (coded, helped) = (option(CODE)?, option(HELPED)?);
    let (mut arms, mut with_help) = (Vec::new(), Vec::new());
    // Zero is never sent.
    for reason in reasons.values().filter(|reason| reason.number() != 0) {
        let number = reason.number();
        let code = code(&reason, &coded)?;
        arms.push(quote!(#number => tonic::Code::from_i32(#code)));
        if reason.options().get_extension(&helped).as_bool() == Some(true) {
            with_help.push(number);
        }
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

            /// Whether often only those who run the suite can help, as it stands beside it in the contract.
            pub const fn is_helped_by_staff(self) -> bool {
                matches!(self as i32, #(#with_help)|*)
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
