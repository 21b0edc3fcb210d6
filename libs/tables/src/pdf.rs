//! Pages to print: a table over as many as it needs, or one page of lines.

mod font;
mod paper;
pub(crate) mod sheet;

use pdf_writer::Content;

use self::font::Line;
use self::paper::{HEIGHT, Paper, WIDTH};
use crate::{Cell, Column, Head, Problem};

const MARGIN: f32 = 36.0;
/// Between two columns.
const GAP: f32 = 6.0;
const SIZE: f32 = 8.0;
const TITLE_SIZE: f32 = 14.0;
/// From one line to the next.
const LEADING: f32 = 10.5;

/// A table that is being written.
pub(crate) struct Pdf {
    head: Head,
    paper: Paper,
    page: Page,
}

/// The page that is being written.
struct Page {
    content: Content,
    /// The lower edge of what stands on it.
    y: f32,
}

impl Pdf {
    pub(crate) fn new(head: Head) -> Result<Self, Problem> {
        let mut pdf = Self {
            paper: Paper::new()?,
            page: Page::empty(),
            head,
        };
        pdf.title();
        pdf.headings();
        Ok(pdf)
    }

    pub(crate) fn row(&mut self, cells: &[Cell]) {
        let widths = widths(&self.head.columns);
        let mut columns: Vec<Vec<Line>> = Vec::with_capacity(cells.len());
        for (cell, width) in cells.iter().zip(&widths) {
            columns.push(self.paper.wrap(&cell.shown(), SIZE, *width));
        }
        // A row that is longer than a page goes on on the next.
        let lines = columns.iter().map(Vec::len).max().unwrap_or(0);
        if !self.has_room(lines) && lines <= self.lines_of_a_page() {
            self.next_page();
        }
        for line in 0..lines {
            if !self.has_room(1) {
                self.next_page();
            }
            self.page.y -= LEADING;
            let mut x = MARGIN;
            for (column, width) in columns.iter().zip(&widths) {
                if let Some(line) = column.get(line) {
                    self.draw(line, x, *width, SIZE);
                }
                x += width + GAP;
            }
        }
        self.page.y -= LEADING * 0.35;
        self.rule(0.25);
    }

    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.paper.take()
    }

    pub(crate) fn finish(mut self) -> Result<Vec<u8>, Problem> {
        self.end_page();
        self.paper.finish(&self.head.title)
    }

    fn title(&mut self) {
        let width = WIDTH - 2.0 * MARGIN;
        for line in self.paper.wrap(&self.head.title.clone(), TITLE_SIZE, width) {
            self.page.y -= TITLE_SIZE * 1.3;
            self.draw(&line, MARGIN, width, TITLE_SIZE);
        }
        for note in self.head.notes.clone() {
            for line in self.paper.wrap(&note, SIZE, width) {
                self.page.y -= LEADING;
                self.draw(&line, MARGIN, width, SIZE);
            }
        }
        self.page.y -= LEADING;
    }

    /// On top of each page.
    fn headings(&mut self) {
        let widths = widths(&self.head.columns);
        let headings: Vec<&str> = self.head.columns.iter().map(|column| column.heading).collect();
        let columns: Vec<Vec<Line>> = headings
            .iter()
            .zip(&widths)
            .map(|(heading, width)| self.paper.wrap(heading, SIZE, *width))
            .collect();
        let lines = columns.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..lines {
            self.page.y -= LEADING;
            let mut x = MARGIN;
            for (column, width) in columns.iter().zip(&widths) {
                if let Some(line) = column.get(line) {
                    self.draw(line, x, *width, SIZE);
                }
                x += width + GAP;
            }
        }
        self.page.y -= LEADING * 0.35;
        self.rule(0.8);
    }

    fn has_room(&self, lines: usize) -> bool {
        self.page.y - LEADING * (lines as f32 + 0.35) >= MARGIN + LEADING
    }

    fn lines_of_a_page(&self) -> usize {
        ((HEIGHT - 2.0 * MARGIN) / LEADING) as usize - 6
    }

    /// Below what stands there.
    fn rule(&mut self, thickness: f32) {
        let y = self.page.y;
        let content = &mut self.page.content;
        content.set_line_width(thickness);
        content.move_to(MARGIN, y);
        content.line_to(WIDTH - MARGIN, y);
        content.stroke();
    }

    /// A line whose writing begins at the right edge stands there.
    fn draw(&mut self, line: &Line, x: f32, width: f32, size: f32) {
        let x = if line.is_rtl {
            x + (width - self.paper.width(line, size)).max(0.0)
        } else {
            x
        };
        self.paper
            .draw(&mut self.page.content, line, (x, self.page.y), size);
    }

    fn next_page(&mut self) {
        self.end_page();
        self.headings();
    }

    fn end_page(&mut self) {
        let number = format!("{}", self.paper.page_count() + 1);
        for line in self.paper.wrap(&number, SIZE, MARGIN * 2.0) {
            let x = WIDTH - MARGIN - self.paper.width(&line, SIZE);
            self.paper
                .draw(&mut self.page.content, &line, (x, MARGIN * 0.6), SIZE);
        }
        let page = std::mem::replace(&mut self.page, Page::empty());
        self.paper.page(page.content);
    }
}

impl Page {
    fn empty() -> Self {
        Self {
            content: Content::new(),
            y: HEIGHT - MARGIN,
        }
    }
}

/// The widths of the columns, in points.
fn widths(columns: &[Column]) -> Vec<f32> {
    let shares: f32 = columns.iter().map(|column| column.share).sum();
    let gaps = GAP * (columns.len().saturating_sub(1)) as f32;
    let all = WIDTH - 2.0 * MARGIN - gaps;
    columns.iter().map(|column| all * column.share / shares).collect()
}
