//! One page of lines.

use pdf_writer::Content;

use super::font::Line;
use super::paper::{HEIGHT, Paper, WIDTH};
use crate::{Problem, Sheet};

/// From the edge of the page to the frame, and from there to what is written.
const EDGE: f32 = 24.0;
const PADDING: f32 = 48.0;
/// From one line to the next, in sizes.
const LEADING: f32 = 1.3;
/// What does not fit is written smaller by this, again and again.
const SMALLER: f32 = 0.9;

pub(crate) fn write(sheet: &Sheet) -> Result<Vec<u8>, Problem> {
    let mut paper = Paper::new()?;
    let width = WIDTH - 2.0 * (EDGE + PADDING);
    let room = HEIGHT - 2.0 * (EDGE + PADDING);
    let mut scale = 1.0;
    let (lines, height) = loop {
        let lines = set(&mut paper, sheet, scale, width);
        let height: f32 = lines.iter().map(Set::height).sum();
        if height <= room {
            break (lines, height);
        }
        scale *= SMALLER;
    };
    let mut content = Content::new();
    content.set_line_width(1.5);
    content.rect(EDGE, EDGE, WIDTH - 2.0 * EDGE, HEIGHT - 2.0 * EDGE);
    content.stroke();
    let mut y = f32::midpoint(HEIGHT, height);
    for Set { line, size, above } in &lines {
        y -= above + size;
        let x = (WIDTH - paper.width(line, *size)) / 2.0;
        paper.draw(&mut content, line, (x, y), *size);
        y -= size * (LEADING - 1.0);
    }
    paper.page(content);
    paper.finish(&sheet.title)
}

/// A line as it is written, in points.
struct Set {
    line: Line,
    size: f32,
    above: f32,
}

impl Set {
    fn height(&self) -> f32 {
        self.above + self.size * LEADING
    }
}

fn set(paper: &mut Paper, sheet: &Sheet, scale: f32, width: f32) -> Vec<Set> {
    let mut set = Vec::new();
    for line in &sheet.lines {
        let size = line.size * scale;
        let mut above = line.above * scale;
        for wrapped in paper.wrap(&line.text, size, width) {
            set.push(Set {
                line: wrapped,
                size,
                above,
            });
            above = 0.0;
        }
    }
    set
}
