//! Which page is shown: `/` is the yard, `/labs/ID` a lab.

use leptos::prelude::*;
use protocol::lab::LabId;
use wasm_bindgen::JsValue;

/// A page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Page {
    /// The list of labs.
    Yard,
    /// One lab.
    Lab(LabId),
}

impl Page {
    /// The page of a path; anything unknown is the yard.
    pub(crate) fn of_path(path: &str) -> Self {
        match path.trim_end_matches('/').strip_prefix("/labs/") {
            Some(id) if is_lab_id(id) => Self::Lab(LabId(id.to_owned())),
            _ => Self::Yard,
        }
    }

    /// The path of the page.
    pub(crate) fn path(&self) -> String {
        match self {
            Self::Yard => "/".into(),
            Self::Lab(id) => format!("/labs/{id}"),
        }
    }
}

/// As the server draws them: hexadecimal digits.
fn is_lab_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The way to other pages.
#[derive(Clone, Copy)]
pub(crate) struct Router {
    page: RwSignal<Page>,
}

impl Router {
    /// Starts at the address of the window and follows its back and forward buttons.
    pub(crate) fn provide() -> Self {
        let router = Self {
            page: RwSignal::new(here()),
        };
        provide_context(router);
        let listener = window_event_listener(leptos::ev::popstate, move |_| {
            router.page.set(here());
        });
        on_cleanup(move || listener.remove());
        router
    }

    /// That of the page.
    pub(crate) fn of_page() -> Self {
        expect_context()
    }

    /// The page to show.
    pub(crate) fn page(self) -> Page {
        self.page.get()
    }

    /// Goes to a page.
    pub(crate) fn go(self, page: Page) {
        let history = window().history();
        if let Ok(history) = history {
            // Refused only in documents without an address; the page changes all the same.
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&page.path()));
        }
        self.page.set(page);
    }
}

fn here() -> Page {
    Page::of_path(&window().location().pathname().unwrap_or_default())
}

/// A link to a page that does not load the page anew; with a modifier key the browser does as it
/// always does.
#[component]
pub(crate) fn PageLink(
    /// Where to.
    page: Page,
    /// For style sheets.
    #[prop(optional)]
    class: &'static str,
    /// What it shows.
    children: Children,
) -> impl IntoView {
    let router = Router::of_page();
    let href = page.path();
    let follow = move |event: leptos::ev::MouseEvent| {
        let plain = !(event.ctrl_key() || event.meta_key() || event.shift_key());
        if plain && event.button() == 0 {
            event.prevent_default();
            router.go(page.clone());
        }
    };
    view! {
        <a class=class href=href on:click=follow>
            {children()}
        </a>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_pages() {
        assert_eq!(Page::of_path("/"), Page::Yard);
        let lab = Page::of_path("/labs/00ff00ff00ff00ff/");
        assert_eq!(lab, Page::Lab(LabId("00ff00ff00ff00ff".into())));
        assert_eq!(lab.path(), "/labs/00ff00ff00ff00ff");
        assert_eq!(Page::of_path("/labs/../x"), Page::Yard);
        assert_eq!(Page::of_path("/labs/"), Page::Yard);
    }
}
