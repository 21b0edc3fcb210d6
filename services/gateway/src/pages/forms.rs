//! Every form of the pages, and who takes it: one list, from which tests take the addresses, too.

use std::sync::Arc;

use axum::Router;
use axum::routing::post;

use super::{Pages, consent, decline, invitation, join, mine, sign_in, trainings};

macro_rules! forms {
    ($($path:literal => $takes:path,)+) => {
        /// The addresses that take a form, as the router spells them. Nothing else of the pages takes a POST.
        pub const FORMS: &[&str] = &[$($path),+];

        /// The router with all of them.
        pub(super) fn on(router: Router<Arc<Pages>>) -> Router<Arc<Pages>> {
            router$(.route($path, post($takes)))+
        }
    };
}

forms! {
    "/invitation/accept" => invitation::accept,
    "/invitation/decline" => decline::decline,
    "/invitation/undo-decline" => decline::undo,
    "/join/{slug}" => join::ask,
    "/join-confirm" => join::verify,
    "/invitations/accept" => mine::accept,
    "/invitations/decline" => mine::decline,
    "/invitations/undo-decline" => mine::undo,
    "/invitations/lift" => mine::lift,
    "/trainings/transfer" => trainings::transfer,
    "/consent/allow" => consent::allow,
    "/consent/approve" => consent::approve,
    "/consent/deny" => consent::deny,
    "/consent/revoke" => consent::revoke,
    "/sign-out" => sign_in::end,
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// Where the forms of a template are posted to.
    fn posted_to(template: &str) -> impl Iterator<Item = &str> {
        let forms = template.split("method=\"post\" action=\"").skip(1);
        forms.filter_map(|rest| rest.split('"').next())
    }

    #[test]
    fn nothing_but_this_list_takes_a_form() {
        let router = include_str!("../pages.rs");
        assert!(!router.contains("post(") && !router.contains("any("));
    }

    #[test]
    fn every_form_of_the_templates_is_in_the_list() {
        let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let mut seen = 0;
        for entry in fs::read_dir(templates).unwrap() {
            let template = fs::read_to_string(entry.unwrap().path()).unwrap();
            for action in posted_to(&template) {
                seen += 1;
                // Two are filled in: the join page's with its slug, the consent's with what it does.
                let listed = match action {
                    "/join/{{ slug }}" => super::FORMS.contains(&"/join/{slug}"),
                    "{{ form.action }}" => super::FORMS.contains(&"/consent/allow"),
                    action => super::FORMS.contains(&action),
                };
                assert!(listed, "{action}");
            }
        }
        assert!(seen >= 12, "{seen}");
    }
}
