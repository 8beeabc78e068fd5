//! `data-testid` of what the tests of the browser need to find.
//!
//! Besides these, objects of the canvas carry `node-NAME`, `port-NAME` (the handle to drag a cable
//! from), `interface-NAMESPACE-NAME` (the end of a cable), `row-NAMESPACE-NAME` (the line of a
//! card), `quality-NAMESPACE-NAME` (the sign of what is done to what leaves an interface; without a
//! state) and `link-NAME-NAME` (interface names, the lower id first), each but the handle with
//! `data-status`: up, down, no-carrier, drifted, missing, failed, applying, unknown (without a
//! connection) or wanted.

/// A row of the list of labs; `data-lab` is its id.
pub(crate) const LAB_ROW: &str = "lab-row";
/// Makes an empty lab.
pub(crate) const NEW_LAB: &str = "new-lab";
/// Opens the dialog that takes a lab or a script as text.
pub(crate) const PASTE_LAB: &str = "paste-lab";
/// The text of that dialog.
pub(crate) const PASTE_TEXT: &str = "paste-text";
/// Makes a lab of that text.
pub(crate) const PASTE_OPEN: &str = "paste-open";
/// What is wrong with that text.
pub(crate) const PASTE_ERROR: &str = "paste-error";
/// Opens and closes the account of the import.
pub(crate) const IMPORT_OPEN: &str = "import-open";
/// The account of the import.
pub(crate) const IMPORT: &str = "import";
/// Takes an expectation that is offered there.
pub(crate) const IMPORT_OFFER: &str = "import-offer";
/// Opens the dialog with the forms of others.
pub(crate) const EXPORT: &str = "export";
/// What the chosen form does not carry.
pub(crate) const EXPORT_LOST: &str = "export-lost";
/// The lab in the chosen form.
pub(crate) const EXPORT_TEXT: &str = "export-text";
/// The download.
pub(crate) const EXPORT_SAVE: &str = "export-save";
/// Tries what the lab expects.
pub(crate) const EXPECT_CHECK: &str = "expect-check";
/// The field in which a packet is looked for.
pub(crate) const CAPTURE_FIND: &str = "capture-find";
/// A sentence that should be true.
pub(crate) const EXPECT_SENTENCE: &str = "expect-sentence";
/// Adds it.
pub(crate) const EXPECT_ADD: &str = "expect-add";
/// An expectation; `data-state` is untried, trying, holds or fails.
pub(crate) const EXPECT_ROW: &str = "expect-row";
/// The field of the sign-in page.
pub(crate) const SECRET: &str = "secret";
/// Shown when the editor could not be fetched.
pub(crate) const EDITOR_MISSING: &str = "editor-missing";
/// Fetches it again.
pub(crate) const TRY_AGAIN: &str = "try-again";
/// The text of a namespace's firewall.
pub(crate) const FIREWALL: &str = "firewall";
/// What is wrong with that text.
pub(crate) const FIREWALL_ERROR: &str = "firewall-error";
/// What its rules have counted.
pub(crate) const FIREWALL_COUNTERS: &str = "firewall-counters";
/// Messages.
pub(crate) const TOASTS: &str = "toasts";
/// The canvas; `data-ready` once the lab is drawn.
pub(crate) const CANVAS: &str = "canvas";
/// Why an interface of some kind could not be added.
pub(crate) const ADD_ERROR: &str = "add-error";
/// Starts the lab.
pub(crate) const START: &str = "start";
/// Stops the lab.
pub(crate) const STOP: &str = "stop";
/// Whether the lab runs: `data-run` is stopped, starting, running, stopping, failed, or
/// unknown without a connection.
pub(crate) const RUN: &str = "run";
/// Takes back the latest own edit.
pub(crate) const UNDO: &str = "undo";
/// Does it again.
pub(crate) const REDO: &str = "redo";
/// How the saving stands: `data-saved` is yes, no or offline.
pub(crate) const SAVED: &str = "saved";
/// The lab's title.
pub(crate) const TITLE: &str = "title";
/// The tool that puts namespaces; can be dragged onto the canvas.
pub(crate) const TOOL_NAMESPACE: &str = "tool-namespace";
/// The tool that puts bridges; can be dragged onto the canvas.
pub(crate) const TOOL_BRIDGE: &str = "tool-bridge";
/// The tool that draws cables.
pub(crate) const TOOL_LINK: &str = "tool-link";
/// The tool that draws pings.
pub(crate) const TOOL_PING: &str = "tool-ping";
/// The tool that selects.
pub(crate) const TOOL_SELECT: &str = "tool-select";
/// Shows everything.
pub(crate) const FIT: &str = "fit";
/// Shows what passes the links; each text is in `traffic-NAME-NAME`, as links are named.
pub(crate) const TRAFFIC: &str = "traffic";
/// The inspector.
pub(crate) const INSPECTOR: &str = "inspector";
/// Where a cable from the selected object goes.
pub(crate) const CABLE_TO: &str = "cable-to";
/// Makes that cable.
pub(crate) const CABLE_MAKE: &str = "cable-make";
/// Brings the kernel back to the document.
pub(crate) const PUT_RIGHT: &str = "put-right";
/// Makes the document say what the kernel has.
pub(crate) const ACCEPT_DRIFT: &str = "accept-drift";
/// Brings the kernel back to the document in one thing.
pub(crate) const REVERT_DRIFT: &str = "revert-drift";
/// Does what would mend a problem.
pub(crate) const FIX: &str = "fix";
/// Everything that differs, while nothing is selected.
pub(crate) const ALL_DRIFT: &str = "all-drift";
/// What the kernel refused.
pub(crate) const FAILURE: &str = "failure";
/// The namespace that pings.
pub(crate) const PING_SOURCE: &str = "ping-source";
/// The address that is pinged: a field with proposals.
pub(crate) const PING_TARGET: &str = "ping-target";
/// Starts the ping.
pub(crate) const PING_START: &str = "ping-start";
/// A ping; `data-state` is waiting, ok, lost or error.
pub(crate) const PING_ROW: &str = "ping-row";
/// Stops a ping.
pub(crate) const PING_STOP: &str = "ping-stop";
/// What is seen while no reply comes.
pub(crate) const PING_FINDING: &str = "ping-finding";
/// Measures who reaches whom.
pub(crate) const REACH_MEASURE: &str = "reach-measure";
/// How often it is measured.
pub(crate) const REACH_PAUSE: &str = "reach-pause";
/// Shows failures only.
pub(crate) const REACH_FAILURES: &str = "reach-failures";
/// How many answer.
pub(crate) const REACH_SUM: &str = "reach-sum";
/// The chosen cell in words.
pub(crate) const REACH_DETAILS: &str = "reach-details";
/// The way of a packet on the canvas; `data-state` is whole or broken, `data-links` its cables.
pub(crate) const WAY: &str = "way";
/// What is asked of the network.
pub(crate) const PROBE_KIND: &str = "probe-kind";
/// The port that is asked.
pub(crate) const PROBE_PORT: &str = "probe-port";
/// Asks.
pub(crate) const PROBE_START: &str = "probe-start";
/// A question; `data-state` is waiting, ok, error or plain.
pub(crate) const PROBE_ROW: &str = "probe-row";
/// What a namespace serves.
pub(crate) const SERVES: &str = "serves";
/// Opens the options of a ping.
pub(crate) const PING_OPTIONS: &str = "ping-options";
/// Adds an interface to those of the next capture.
pub(crate) const CAPTURE_INTERFACE: &str = "capture-interface";
/// The capture filter; `data-valid` is true, false or unknown.
pub(crate) const CAPTURE_FILTER: &str = "capture-filter";
/// Starts the capture.
pub(crate) const CAPTURE_START: &str = "capture-start";
/// Stops the capture.
pub(crate) const CAPTURE_STOP: &str = "capture-stop";
/// A packet.
pub(crate) const CAPTURE_ROW: &str = "capture-row";
/// One interface of the next capture.
pub(crate) const CAPTURE_SOURCE: &str = "capture-source";
/// Shows the form of a new capture.
pub(crate) const CAPTURE_NEW: &str = "capture-new";
/// The field that takes a capture file.
pub(crate) const CAPTURE_FILE: &str = "capture-file";
/// What is wrong with the opened file.
pub(crate) const CAPTURE_FILE_ERROR: &str = "capture-file-error";
/// The list of packets; `data-lines` is how many lines it has, `data-ready` is true when no packet waits.
pub(crate) const CAPTURE_LIST: &str = "capture-list";
/// The display filter; `data-valid` as that of the capture filter.
pub(crate) const DISPLAY_FILTER: &str = "display-filter";
/// What is wrong with it.
pub(crate) const DISPLAY_FILTER_ERROR: &str = "display-filter-error";
/// A name that the display filter can be completed to.
pub(crate) const COMPLETION: &str = "completion";
/// Shows tcpdump's text instead of columns.
pub(crate) const AS_TEXT: &str = "capture-as-text";
/// Makes a packet that was seen at several points one row.
pub(crate) const ONE_ROW: &str = "capture-one-row";
/// Unfolds a row.
pub(crate) const UNFOLD: &str = "capture-unfold";
/// A line of a packet's tree; `data-field` is its name.
pub(crate) const FIELD: &str = "capture-field";
/// A row of a packet's bytes.
pub(crate) const BYTES: &str = "capture-bytes";
/// The followed stream.
pub(crate) const FOLLOWED: &str = "capture-followed";
/// Goes back to the newest packet.
pub(crate) const NEWEST: &str = "capture-newest";
/// Saves what is displayed.
pub(crate) const SAVE_DISPLAYED: &str = "capture-save-displayed";
/// Saves the marked packets.
pub(crate) const SAVE_MARKED: &str = "capture-save-marked";
/// Received, dropped and kept.
pub(crate) const CAPTURE_COUNTS: &str = "capture-counts";
/// The download.
pub(crate) const CAPTURE_SAVE: &str = "capture-save";

/// The button that opens an example.
pub(crate) fn example(name: &str) -> String {
    format!("example-{name}")
}

/// A cell of the matrix; `data-grade` is reachable, refused or broken.
pub(crate) fn reach_cell(source: &str, target: &str) -> String {
    format!("reach-{source}-{target}")
}

/// A field of the options of a ping, by its label.
pub(crate) fn ping_option(label: &str) -> String {
    format!("ping-option-{}", label.to_lowercase().replace(' ', "-"))
}

/// A form of others in the dialog of the export.
pub(crate) fn export(key: &str) -> String {
    format!("export-{key}")
}

/// A tab of the dock.
pub(crate) fn tab(name: &str) -> String {
    format!("tab-{name}")
}

/// A card or bar.
pub(crate) fn node(name: &str) -> String {
    format!("node-{name}")
}

/// The port handle of a card or bar.
pub(crate) fn port(name: &str) -> String {
    format!("port-{name}")
}

/// The sign of what is done to the frames that leave an interface.
pub(crate) fn quality(namespace: &str, name: &str) -> String {
    format!("quality-{namespace}-{name}")
}

/// An interface.
pub(crate) fn interface(namespace: &str, name: &str) -> String {
    format!("interface-{namespace}-{name}")
}

/// A cable.
pub(crate) fn link(a: &str, b: &str) -> String {
    format!("link-{a}-{b}")
}

/// What passes a cable.
pub(crate) fn traffic(a: &str, b: &str) -> String {
    format!("traffic-{a}-{b}")
}

/// The line of an interface on its namespace's card.
pub(crate) fn row(namespace: &str, name: &str) -> String {
    format!("row-{namespace}-{name}")
}
