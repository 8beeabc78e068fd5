//! The secret, exchanged for a session.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::http::{self, Failure};
use crate::testids;

const SESSION: &str = "/api/v1/session";

#[derive(Serialize)]
struct Secret<'a> {
    secret: &'a str,
}

/// Signs in with the secret in the window's address, if there is one, else asks whether an earlier
/// session still holds.
pub(crate) async fn resume() -> Result<(), Failure> {
    if let Some(secret) = take_from_address() {
        return post(&secret).await;
    }
    http::probe(SESSION).await
}

async fn post(secret: &str) -> Result<(), Failure> {
    http::tell(SESSION, &Secret { secret }).await
}

/// The secret of `#secret=…`; it is taken out of the address bar and of the history.
fn take_from_address() -> Option<String> {
    let location = window().location();
    let hash = location.hash().ok()?;
    let secret = secret_of(&hash)?.to_owned();
    let path = location.pathname().ok()?;
    if let Ok(history) = window().history() {
        // Refused only in documents without an address.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
    Some(secret)
}

fn secret_of(hash: &str) -> Option<&str> {
    let parts = hash.strip_prefix('#')?.split('&');
    parts
        .filter_map(|part| part.strip_prefix("secret="))
        .find(|secret| !secret.is_empty())
}

/// Asks for the secret.
#[component]
pub(crate) fn SignIn(
    /// Called when the server has taken it.
    done: Callback<()>,
) -> impl IntoView {
    let secret = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        spawn_local(async move {
            let typed = secret.get_untracked();
            // People paste the whole address.
            let text = typed
                .split_once("secret=")
                .map_or(typed.as_str(), |(_, s)| s);
            match post(text.trim()).await {
                Ok(()) => done.run(()),
                Err(failure) => {
                    error.set(Some(if failure.is_signed_out() {
                        "That is not the secret of this yard".into()
                    } else {
                        failure.message
                    }));
                    busy.set(false);
                }
            }
        });
    };
    view! {
        <main class="sign-in">
            <form on:submit=submit>
                <h1>"Netyard"</h1>
                <p>
                    "This yard asks for its secret. It is at the end of the address that "
                    <code>"netyard serve"</code> " printed when it started."
                </p>
                <label for="secret">"Secret"</label>
                <input
                    id="secret"
                    type="password"
                    autocomplete="current-password"
                    data-testid=testids::SECRET
                    aria-invalid=move || error.with(Option::is_some).to_string()
                    aria-describedby="secret-error"
                    prop:value=move || secret.get()
                    on:input=move |event| secret.set(event_target_value(&event))
                />
                <p id="secret-error" class="field-error" role="alert">
                    {move || error.get()}
                </p>
                <button class="primary" type="submit" disabled=move || busy.get()>
                    "Sign in"
                </button>
            </form>
        </main>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_found_in_the_fragment() {
        assert_eq!(secret_of("#secret=abc"), Some("abc"));
        assert_eq!(secret_of("#x=1&secret=abc"), Some("abc"));
        assert_eq!(secret_of("#secret="), None);
        assert_eq!(secret_of(""), None);
    }
}
