//! Pan and zoom.

use topology::document::Point;

use super::geometry::Rect;

/// Farthest out: 1,000 nodes in rows of six fit on a screen.
const MIN_SCALE: f64 = 0.02;
/// Below this no text can be read: only names are drawn, in large.
const READABLE: f64 = 0.35;
/// Nearest in.
const MAX_SCALE: f64 = 4.0;
/// Room left around what is fitted, in screen pixels.
const MARGIN: f64 = 32.0;

/// What part of the canvas is on the screen: `screen = canvas * scale + (x, y)`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Viewport {
    /// Screen pixels from the left edge to the canvas's origin.
    pub(crate) x: f64,
    /// Screen pixels from the upper edge to the canvas's origin.
    pub(crate) y: f64,
    /// Screen pixels of one canvas unit.
    pub(crate) scale: f64,
}

impl Default for Viewport {
    fn default() -> Self {
        Self {
            x: 0.0,
            y: 0.0,
            scale: 1.0,
        }
    }
}

impl Viewport {
    /// A place on the screen as a place on the canvas.
    pub(crate) fn to_canvas(self, screen: Point) -> Point {
        Point {
            x: (screen.x - self.x) / self.scale,
            y: (screen.y - self.y) / self.scale,
        }
    }

    /// A place on the canvas as a place on the screen.
    pub(crate) fn to_screen(self, canvas: Point) -> Point {
        Point {
            x: canvas.x * self.scale + self.x,
            y: canvas.y * self.scale + self.y,
        }
    }

    /// Moved by screen pixels.
    pub(crate) fn panned(self, dx: f64, dy: f64) -> Self {
        Self {
            x: self.x + dx,
            y: self.y + dy,
            ..self
        }
    }

    /// Zoomed by a factor, with the canvas under a place of the screen staying there.
    pub(crate) fn zoomed(self, factor: f64, at: Point) -> Self {
        let scale = (self.scale * factor).clamp(MIN_SCALE, MAX_SCALE);
        let fixed = self.to_canvas(at);
        Self {
            x: at.x - fixed.x * scale,
            y: at.y - fixed.y * scale,
            scale,
        }
    }

    /// All of a box in the middle of a screen of that size, at most at `most` times its size.
    pub(crate) fn fitting(content: Rect, (w, h): (f64, f64), most: f64) -> Self {
        let across = (w - 2.0 * MARGIN) / content.w.max(1.0);
        let down = (h - 2.0 * MARGIN) / content.h.max(1.0);
        let scale = across.min(down).min(most).clamp(MIN_SCALE, MAX_SCALE);
        let centre = content.centre();
        Self {
            x: w / 2.0 - centre.x * scale,
            y: h / 2.0 - centre.y * scale,
            scale,
        }
    }

    /// Whether it is too far out for text other than names.
    pub(crate) fn is_far(self) -> bool {
        self.scale < READABLE
    }

    /// As an SVG transformation.
    pub(crate) fn transform(self) -> String {
        format!(
            "translate({:.2} {:.2}) scale({:.4})",
            self.x, self.y, self.scale
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zoom_keeps_the_place_under_the_pointer() {
        let at = Point { x: 200.0, y: 100.0 };
        let view = Viewport::default().panned(13.0, -7.0);
        let before = view.to_canvas(at);
        let after = view.zoomed(1.7, at).to_canvas(at);
        assert!((before.x - after.x).abs() < 1e-9 && (before.y - after.y).abs() < 1e-9);
        let out = view.zoomed(1e-9, at);
        assert_eq!(out.scale, MIN_SCALE);
        let back = out.to_screen(out.to_canvas(at));
        assert!((back.x - at.x).abs() < 1e-9);
    }

    #[test]
    fn fitting_shows_all_of_it() {
        let content = Rect {
            x: -100.0,
            y: 50.0,
            w: 2000.0,
            h: 300.0,
        };
        let view = Viewport::fitting(content, (1000.0, 600.0), 1.0);
        let corner = view.to_screen(Point { x: -100.0, y: 50.0 });
        assert!(corner.x >= 31.0 && corner.y > 0.0);
        let corner = view.to_screen(Point {
            x: 1900.0,
            y: 350.0,
        });
        assert!(corner.x <= 969.0 && corner.y < 600.0);
        let small = Rect {
            w: 10.0,
            h: 10.0,
            ..content
        };
        assert_eq!(Viewport::fitting(small, (1000.0, 600.0), 1.0).scale, 1.0);
    }
}
