//! `/api/v1/openapi.json`: the routes as OpenAPI 3.1, made of the list that serves them.

use axum::Json;
use axum::http::Method;
use serde_json::{Map, Value, json};

use super::routes::{self, Access, Route};

mod captures;
mod probes;

/// Paths of probes.
const REACHABILITY: &str = "/api/v1/labs/{id}/reachability";
const PROBES: &str = "/api/v1/labs/{id}/namespaces/{namespace}/probes";
/// Paths of captures.
const CAPTURE: &str = "/api/v1/labs/{id}/captures/{file}";
const CAPTURE_KEY: &str = "/api/v1/labs/{id}/captures/{file}/key";

const CHECK: &str = "/api/v1/labs/{id}/expectations/check";
const EXPORT: &str = "/api/v1/labs/{id}/export/{format}";

/// The description.
pub(super) async fn describe() -> Json<Value> {
    Json(description())
}

fn description() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in routes::all()
        .iter()
        .filter(|route| route.access != Access::Local)
    {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.as_str().to_lowercase(), operation(route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Netyard",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A yard for networks. Programs send the secret as a bearer token.",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "secret": [] }, { "session": [] }],
        "paths": paths,
        "components": { "securitySchemes": security_schemes(), "schemas": schemas() },
    })
}

fn security_schemes() -> Value {
    json!({
        "secret": { "type": "http", "scheme": "bearer", "description": "The secret that netyard prints." },
        "session": {
            "type": "apiKey", "in": "cookie", "name": "netyard-PORT",
            "description": "For browsers: POST /api/v1/session gives it.",
        },
    })
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "summary": route.summary,
        "responses": { "default": answer("Refused, and why.", "HttpError") },
    });
    let mut parameters: Vec<_> = parameters(route.path).map(|name| {
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
    }).collect();
    if (&route.method, route.path) == (&Method::GET, CAPTURE) {
        parameters.extend(captures::parameters());
    }
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if route.access == Access::Public {
        operation["security"] = json!([]);
    }
    let (status, done) = success(route);
    operation["responses"][status] = done;
    if let Some(schema) = request(route) {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": reference(schema) } },
        });
    }
    operation
}

fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn request(route: &Route) -> Option<&'static str> {
    match (&route.method, route.path) {
        (&Method::POST, "/api/v1/session") => Some("SignIn"),
        (&Method::POST, "/api/v1/labs") => Some("NewLab"),
        (_, REACHABILITY) => Some("ReachOptions"),
        (_, PROBES) => Some("Probe"),
        (&Method::POST, CAPTURE) => Some("CaptureExport"),
        _ => None,
    }
}

fn success(route: &Route) -> (&'static str, Value) {
    if route.is_socket {
        return ("101", json!({ "description": "The socket is open." }));
    }
    let file = |kind: &str| json!({ "description": "The file.", "content": { kind: {} } });
    match (&route.method, route.path) {
        (&Method::POST, "/api/v1/labs") => ("201", answer("Made.", "Created")),
        (&Method::GET, "/api/v1/labs") => ("200", answer_list("The labs.", "LabSummary")),
        (_, "/api/v1/features") => ("200", answer_list("The features.", "FeatureState")),
        (_, "/api/v1/examples") => ("200", answer_list("The examples.", "ExampleSummary")),
        (_, "/api/v1/labs/{id}/namespaces/{namespace}/firewall") => {
            ("200", answer_list("The rules that count.", "Counted"))
        }
        (_, REACHABILITY) => ("200", answer("Who reaches whom.", "Reachability")),
        (_, PROBES) => ("200", answer("What was found out.", "Probed")),
        (_, CHECK) => ("200", answer_list("In the lab's order.", "Verdict")),
        (_, EXPORT) => ("200", file("*/*")),
        (_, "/api/v1/labs/{id}/document.yaml") => ("200", file("text/yaml")),
        (_, CAPTURE) => ("200", file("application/x-pcapng")),
        (_, CAPTURE_KEY) => ("201", answer("Made.", "CaptureKey")),
        (_, "/api/v1/openapi.json") => ("200", file("application/json")),
        (&Method::DELETE, _) | (_, "/api/v1/session") => ("204", json!({ "description": "Done." })),
        _ => ("200", answer("The lab.", "LabSummary")),
    }
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn answer(description: &str, schema: &str) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": reference(schema) } } })
}

fn answer_list(description: &str, schema: &str) -> Value {
    let list = json!({ "type": "array", "items": reference(schema) });
    json!({ "description": description, "content": { "application/json": { "schema": list } } })
}

/// An object with these properties, all of them there.
fn object(properties: Value) -> Value {
    let required: Vec<_> = properties
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .cloned()
        .collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// One of several, told apart by its only key.
fn variant(name: &str, inner: Value) -> Value {
    object(json!({ name: inner }))
}

/// The types of what is taken and answered.
fn schemas() -> Value {
    let mut all = lab_schemas();
    for more in [probes::schemas(), captures::schemas()] {
        if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
            all.extend(more);
        }
    }
    all
}

/// The types of `protocol::lab`; a test compares them with what is really sent.
fn lab_schemas() -> Value {
    let text = || json!({ "type": "string" });
    let count = || json!({ "type": "integer", "minimum": 0 });
    let variant = |name: &str, inner: Value| variant(name, object(inner));
    json!({
        "HttpError": object(json!({ "error": text() })),
        "SignIn": object(json!({ "secret": text() })),
        "Created": object(json!({
            "id": text(),
            "report": { "oneOf": [{ "type": "null" }, reference("ImportReport")] },
        })),
        "LabSummary": object(json!({
            "id": text(), "title": text(), "namespaces": count(), "links": count(),
            "edited_at": { "type": "integer", "description": "Seconds since the Unix epoch." },
            "run": reference("RunState"),
        })),
        "RunState": { "oneOf": [
            { "enum": ["stopped", "starting", "running", "stopping"] },
            variant("failed", json!({ "message": text() })),
        ] },
        "NewLab": { "oneOf": [
            variant("empty", json!({ "title": text() })),
            variant("example", json!({ "name": text() })),
            variant("text", json!({ "text": text() })),
            variant("files", json!({ "files": { "type": "array", "items": reference("NewFile") } })),
        ] },
        "NewFile": object(json!({
            "path": { "type": "string", "description": "With slashes, from the folder that is read." },
            "base64": { "type": "string", "contentEncoding": "base64" },
        })),
        "ImportReport": object(json!({
            "format": text(),
            "taken": { "type": "object", "additionalProperties": count() },
            "changed": { "type": "array", "items": reference("Remark") },
            "left_out": { "type": "array", "items": reference("Remark") },
            "offered": { "type": "array", "items": reference("Offer") },
        })),
        "Remark": object(json!({ "file": text(), "line": count(), "text": text() })),
        "Offer": object(json!({
            "file": text(), "line": count(), "sentence": text(),
            "expectation": { "type": "object", "description": "The same, as the document has it." },
        })),
        "Verdict": object(json!({
            "expectation": text(), "holds": { "type": "boolean" }, "observed": text(),
            "took_ms": { "type": "number" },
        })),
        "FeatureState": object(json!({
            "name": text(), "available": { "type": "boolean" }, "detail": text(), "remedy": text(),
        })),
        "Counted": object(json!({
            "table": text(), "chain": text(), "rule": text(), "packets": count(), "bytes": count(),
        })),
        "ExampleSummary": object(json!({
            "name": text(), "title": text(), "description": text(),
            "document": { "type": "object", "description": "The lab, as the socket's welcome has it." },
        })),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use protocol::expect::Verdict;
    use protocol::lab::{
        Created, ExampleSummary, FeatureState, HttpError, LabId, LabSummary, NewFile, NewLab,
        RunState,
    };
    use serde::Serialize;

    use super::*;

    pub(super) fn keys(value: &Value) -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    }

    /// The schema of that name has the keys that the value has.
    pub(super) fn same(schema: &Value, value: impl Serialize) {
        let value = serde_json::to_value(value).unwrap();
        assert_eq!(keys(&schema["properties"]), keys(&value));
        let required: Vec<_> = schema["required"]
            .as_array()
            .unwrap()
            .iter()
            .map(|k| k.as_str().unwrap().to_owned())
            .collect();
        assert_eq!(required, keys(&value));
    }

    #[test]
    fn the_schemas_are_those_of_what_is_sent() {
        let schemas = schemas();
        same(
            &schemas["HttpError"],
            HttpError {
                error: String::new(),
            },
        );
        same(
            &schemas["Counted"],
            topology::firewall::counters::Counted {
                table: String::new(),
                chain: String::new(),
                rule: String::new(),
                packets: 0,
                bytes: 0,
            },
        );
        let run = RunState::Failed {
            message: String::new(),
        };
        same(&schemas["RunState"]["oneOf"][1], &run);
        for state in [
            RunState::Stopped,
            RunState::Starting,
            RunState::Running,
            RunState::Stopping,
        ] {
            let state = serde_json::to_value(state).unwrap();
            assert!(
                schemas["RunState"]["oneOf"][0]["enum"]
                    .as_array()
                    .unwrap()
                    .contains(&state)
            );
        }
        let (title, id) = (String::new(), LabId(String::new()));
        same(
            &schemas["LabSummary"],
            LabSummary {
                id,
                title,
                namespaces: 0,
                links: 0,
                edited_at: 0,
                run,
            },
        );
        let id = LabId(String::new());
        let read = topology::read::read("ip netns add red\n").unwrap();
        same(&schemas["ImportReport"], &read.report);
        let report = Some(read.report);
        same(&schemas["Created"], Created { id, report });
        let (path, base64) = Default::default();
        same(&schemas["NewFile"], NewFile { path, base64 });
        let (expectation, observed) = Default::default();
        same(
            &schemas["Verdict"],
            Verdict {
                expectation,
                holds: true,
                observed,
                took_ms: 0.0,
            },
        );
        let feature = FeatureState {
            name: String::new(),
            available: true,
            detail: String::new(),
            remedy: String::new(),
        };
        same(&schemas["FeatureState"], feature);
        let (name, title, description) = Default::default();
        let document = topology::Document::default();
        same(
            &schemas["ExampleSummary"],
            ExampleSummary {
                name,
                title,
                description,
                document,
            },
        );
        let new = [
            NewLab::Empty {
                title: String::new(),
            },
            NewLab::Example {
                name: String::new(),
            },
            NewLab::Text {
                text: String::new(),
            },
            NewLab::Files { files: Vec::new() },
        ];
        for (index, new) in new.into_iter().enumerate() {
            let schema = &schemas["NewLab"]["oneOf"][index];
            let value = serde_json::to_value(&new).unwrap();
            same(schema, &new);
            let name = &keys(&value)[0];
            same(&schema["properties"][name], &value[name]);
        }
    }

    #[test]
    fn every_route_of_tcp_is_described_and_every_reference_leads_somewhere() {
        let description = description();
        for route in routes::all() {
            let operation = &description["paths"][route.path][route.method.as_str().to_lowercase()];
            assert_eq!(
                operation.is_object(),
                route.access != Access::Local,
                "{}",
                route.path
            );
        }
        let text = description.to_string();
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(
                description["components"]["schemas"][name].is_object(),
                "{name}"
            );
        }
    }
}
