//! Points and boxes, in canvas units (CSS pixels at 100 %), y downwards.

use topology::document::Point;

/// A box on the canvas.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Rect {
    /// Left edge.
    pub(crate) x: f64,
    /// Upper edge.
    pub(crate) y: f64,
    /// Width.
    pub(crate) w: f64,
    /// Height.
    pub(crate) h: f64,
}

impl Rect {
    /// The box of that size around a centre.
    pub(crate) fn around(centre: Point, (w, h): (f64, f64)) -> Self {
        Self {
            x: centre.x - w / 2.0,
            y: centre.y - h / 2.0,
            w,
            h,
        }
    }

    /// The box between two corners, in whichever order they are given.
    pub(crate) fn between(a: Point, b: Point) -> Self {
        Self {
            x: a.x.min(b.x),
            y: a.y.min(b.y),
            w: (a.x - b.x).abs(),
            h: (a.y - b.y).abs(),
        }
    }

    /// Right edge.
    pub(crate) fn right(&self) -> f64 {
        self.x + self.w
    }

    /// Lower edge.
    pub(crate) fn bottom(&self) -> f64 {
        self.y + self.h
    }

    /// Its centre.
    pub(crate) fn centre(&self) -> Point {
        Point {
            x: self.x + self.w / 2.0,
            y: self.y + self.h / 2.0,
        }
    }

    /// Whether a point is in it.
    pub(crate) fn contains(&self, point: Point) -> bool {
        (self.x..=self.right()).contains(&point.x) && (self.y..=self.bottom()).contains(&point.y)
    }

    /// Whether two boxes share a point.
    pub(crate) fn touches(&self, other: &Self) -> bool {
        self.x <= other.right()
            && other.x <= self.right()
            && self.y <= other.bottom()
            && other.y <= self.bottom()
    }

    /// The smallest box that has both in it.
    pub(crate) fn union(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self {
            x,
            y,
            w: self.right().max(other.right()) - x,
            h: self.bottom().max(other.bottom()) - y,
        }
    }

    /// Grown on every side.
    pub(crate) fn grown(&self, by: f64) -> Self {
        Self {
            x: self.x - by,
            y: self.y - by,
            w: self.w + 2.0 * by,
            h: self.h + 2.0 * by,
        }
    }
}

/// How far apart two points are.
pub(crate) fn distance(a: Point, b: Point) -> f64 {
    (a.x - b.x).hypot(a.y - b.y)
}

/// A point of a cubic curve, `t` from 0 to 1.
pub(crate) fn on_curve(curve: &[Point; 4], t: f64) -> Point {
    let [a, b, c, d] = curve;
    let s = 1.0 - t;
    let mix = |a: f64, b: f64, c: f64, d: f64| {
        s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
    };
    Point {
        x: mix(a.x, b.x, c.x, d.x),
        y: mix(a.y, b.y, c.y, d.y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes() {
        let a = Rect::around(Point { x: 10.0, y: 10.0 }, (20.0, 10.0));
        assert_eq!((a.x, a.y, a.right(), a.bottom()), (0.0, 5.0, 20.0, 15.0));
        assert_eq!(a.centre(), Point { x: 10.0, y: 10.0 });
        let b = Rect::between(Point { x: 30.0, y: 0.0 }, Point { x: 20.0, y: 5.0 });
        assert!(a.touches(&b) && !a.contains(Point { x: 25.0, y: 2.0 }));
        assert_eq!(
            a.union(&b),
            Rect {
                x: 0.0,
                y: 0.0,
                w: 30.0,
                h: 15.0
            }
        );
    }

    #[test]
    fn curves_start_and_end_where_they_should() {
        let p = |x, y| Point { x, y };
        let curve = [p(0.0, 0.0), p(0.0, 10.0), p(10.0, 0.0), p(10.0, 10.0)];
        assert_eq!(on_curve(&curve, 0.0), p(0.0, 0.0));
        assert_eq!(on_curve(&curve, 1.0), p(10.0, 10.0));
        assert_eq!(on_curve(&curve, 0.5), p(5.0, 5.0));
    }
}
