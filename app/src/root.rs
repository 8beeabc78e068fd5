//! The outermost component: signed in or not, and which page.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::opening::OpenLab;
use crate::route::{Page, Router};
use crate::split;
use crate::theme;
use crate::toast::{ToastList, Toasts};
use crate::yard::page::YardPage;
use crate::yard::sign_in::{self, SignIn};

/// Whether this browser may see the yard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Session {
    Asking,
    SignedIn,
    SignedOut,
    Unreachable,
}

/// The application.
#[component]
pub(crate) fn Root() -> impl IntoView {
    theme::restore();
    Toasts::provide();
    let router = Router::provide();
    let session = RwSignal::new(Session::Asking);
    let page = Memo::new(move |_| router.page());
    let ask = move || {
        spawn_local(async move {
            session.set(match sign_in::resume().await {
                Ok(()) => Session::SignedIn,
                Err(failure) if failure.is_signed_out() => Session::SignedOut,
                Err(_) => Session::Unreachable,
            });
        });
    };
    ask();
    if matches!(page.get_untracked(), Page::Lab(_)) {
        // Both at once: the answer about the session and the editor.
        split::prefetch();
    }
    view! {
        {move || match session.get() {
            Session::Asking => view! { <p class="waiting">"Opening the yard…"</p> }.into_any(),
            Session::SignedOut => {
                view! { <SignIn done=Callback::new(move |()| session.set(Session::SignedIn)) /> }
                    .into_any()
            }
            Session::Unreachable => {
                view! {
                    <div class="waiting">
                        <p>"The server does not answer. Is "<code>"netyard serve"</code>" running?"</p>
                        <button on:click=move |_| ask()>"Try again"</button>
                    </div>
                }
                    .into_any()
            }
            Session::SignedIn => {
                match page.get() {
                    Page::Yard => view! { <YardPage /> }.into_any(),
                    Page::Lab(id) => view! { <OpenLab id=id /> }.into_any(),
                }
            }
        }}
        <ToastList />
    }
}
