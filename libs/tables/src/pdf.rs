//! Pages to print. Each page is complete when the next one begins, and may be taken; what is kept until the end is where the
//! pages stand, and which glyphs of the font occurred.

mod font;

use std::mem::take;

use pdf_writer::types::UnicodeCmap;
use pdf_writer::{Chunk, Content, Filter, Finish as _, Name, Rect, Ref, TextStr};

use self::font::{Font, Line};
use crate::{Cell, Column, Head, Problem};

/// A4, landscape, in points.
const WIDTH: f32 = 842.0;
const HEIGHT: f32 = 595.0;
const MARGIN: f32 = 36.0;
/// Between two columns.
const GAP: f32 = 6.0;
const SIZE: f32 = 8.0;
const TITLE_SIZE: f32 = 14.0;
/// From one line to the next.
const LEADING: f32 = 10.5;

/// Objects whose numbers are known before anything is written.
const CATALOG: i32 = 1;
const PAGES: i32 = 2;
const INFO: i32 = 3;
const FONT: i32 = 4;
const CID_FONT: i32 = 5;
const DESCRIPTOR: i32 = 6;
const FONT_FILE: i32 = 7;
const TO_UNICODE: i32 = 8;
const GLYPHS: i32 = 9;
const FIRST_PAGE: i32 = 10;

pub(crate) struct Pdf {
    head: Head,
    font: Font,
    /// What is written and not taken.
    bytes: Vec<u8>,
    /// What was taken.
    taken: usize,
    /// Where each object begins; 0 while it is not written.
    offsets: Vec<usize>,
    pages: Vec<Ref>,
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
            font: Font::load()?,
            bytes: b"%PDF-1.7\n%\x80\x80\x80\x80\n\n".to_vec(),
            taken: 0,
            offsets: vec![0; FIRST_PAGE as usize],
            pages: Vec::new(),
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
            columns.push(self.font.wrap(&cell.shown(), SIZE, *width));
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
        self.taken += self.bytes.len();
        take(&mut self.bytes)
    }

    pub(crate) fn finish(mut self) -> Result<Vec<u8>, Problem> {
        self.end_page();
        self.write_font()?;
        let mut chunk = Chunk::new();
        chunk
            .indirect(Ref::new(CATALOG))
            .start::<pdf_writer::writers::Catalog<'_>>()
            .pages(Ref::new(PAGES));
        self.put(CATALOG, &chunk);
        let mut chunk = Chunk::new();
        let count = i32::try_from(self.pages.len()).unwrap_or(i32::MAX);
        chunk
            .pages(Ref::new(PAGES))
            .kids(self.pages.iter().copied())
            .count(count);
        self.put(PAGES, &chunk);
        let mut chunk = Chunk::new();
        chunk
            .indirect(Ref::new(INFO))
            .start::<pdf_writer::writers::DocumentInfo<'_>>()
            .title(TextStr(&self.head.title))
            .producer(TextStr("Muster"));
        self.put(INFO, &chunk);
        self.write_trailer();
        Ok(self.bytes)
    }

    fn title(&mut self) {
        let width = WIDTH - 2.0 * MARGIN;
        for line in self.font.wrap(&self.head.title.clone(), TITLE_SIZE, width) {
            self.page.y -= TITLE_SIZE * 1.3;
            self.draw(&line, MARGIN, width, TITLE_SIZE);
        }
        for note in self.head.notes.clone() {
            for line in self.font.wrap(&note, SIZE, width) {
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
            .map(|(heading, width)| self.font.wrap(heading, SIZE, *width))
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
            x + (width - self.font.width(line, size)).max(0.0)
        } else {
            x
        };
        self.font.draw(&mut self.page.content, line, x, self.page.y, size);
    }

    fn next_page(&mut self) {
        self.end_page();
        self.headings();
    }

    fn end_page(&mut self) {
        let number = format!("{}", self.pages.len() + 1);
        for line in self.font.wrap(&number, SIZE, MARGIN * 2.0) {
            let x = WIDTH - MARGIN - self.font.width(&line, SIZE);
            self.font
                .draw(&mut self.page.content, &line, x, MARGIN * 0.6, SIZE);
        }
        let page = std::mem::replace(&mut self.page, Page::empty());
        let (id, content_id) = (self.next_object(), self.next_object());
        let content = compressed(page.content.finish().as_slice());
        let mut chunk = Chunk::new();
        chunk
            .stream(Ref::new(content_id), &content)
            .filter(Filter::FlateDecode);
        self.put(content_id, &chunk);
        let mut chunk = Chunk::new();
        let mut written = chunk.page(Ref::new(id));
        written
            .parent(Ref::new(PAGES))
            .media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT))
            .contents(Ref::new(content_id));
        written.resources().fonts().pair(font::SHORT_NAME, Ref::new(FONT));
        written.finish();
        self.put(id, &chunk);
        self.pages.push(Ref::new(id));
    }

    fn next_object(&mut self) -> i32 {
        self.offsets.push(0);
        self.offsets.len() as i32 - 1
    }

    /// An object, and where it begins.
    fn put(&mut self, id: i32, chunk: &Chunk) {
        if let Some(offset) = self.offsets.get_mut(id as usize) {
            *offset = self.taken + self.bytes.len();
        }
        self.bytes.extend_from_slice(chunk.as_bytes());
    }

    /// The glyphs that occurred, and what they stand for: texts can be searched and copied, and come back as they were.
    fn write_font(&mut self) -> Result<(), Problem> {
        let embedded = self.font.embedded()?;
        let mut chunk = Chunk::new();
        chunk
            .type0_font(Ref::new(FONT))
            .base_font(font::NAME)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(Ref::new(CID_FONT))
            .to_unicode(Ref::new(TO_UNICODE));
        self.put(FONT, &chunk);
        let mut chunk = Chunk::new();
        let mut cid = chunk.cid_font(Ref::new(CID_FONT));
        cid.subtype(pdf_writer::types::CidFontType::Type2)
            .base_font(font::NAME)
            .system_info(font::SYSTEM)
            .font_descriptor(Ref::new(DESCRIPTOR))
            .default_width(0.0)
            .cid_to_gid_map_stream(Ref::new(GLYPHS));
        cid.widths().consecutive(0, embedded.widths);
        cid.finish();
        self.put(CID_FONT, &chunk);
        let mut chunk = Chunk::new();
        self.font
            .describe(&mut chunk, Ref::new(DESCRIPTOR), Ref::new(FONT_FILE));
        self.put(DESCRIPTOR, &chunk);
        let file = compressed(&embedded.file);
        let mut chunk = Chunk::new();
        chunk
            .stream(Ref::new(FONT_FILE), &file)
            .filter(Filter::FlateDecode)
            .pair(
                Name(b"Length1"),
                i32::try_from(embedded.file.len()).unwrap_or(i32::MAX),
            );
        self.put(FONT_FILE, &chunk);
        let mut cmap = UnicodeCmap::new(Name(b"Muster"), font::SYSTEM);
        let mut glyphs = Vec::new();
        for (character, number) in self.font.characters().iter().zip(0_u16..) {
            glyphs.extend(character.embedded.to_be_bytes());
            if !character.text.is_empty() {
                cmap.pair_with_multiple(number, character.text.chars());
            }
        }
        let glyphs = compressed(&glyphs);
        let mut chunk = Chunk::new();
        chunk
            .stream(Ref::new(GLYPHS), &glyphs)
            .filter(Filter::FlateDecode);
        self.put(GLYPHS, &chunk);
        let cmap = compressed(cmap.finish().as_slice());
        let mut chunk = Chunk::new();
        chunk
            .stream(Ref::new(TO_UNICODE), &cmap)
            .filter(Filter::FlateDecode);
        self.put(TO_UNICODE, &chunk);
        Ok(())
    }

    fn write_trailer(&mut self) {
        let start = self.taken + self.bytes.len();
        let size = self.offsets.len();
        let mut text = format!("xref\n0 {size}\n0000000000 65535 f \n");
        for offset in self.offsets.iter().skip(1) {
            text.push_str(&format!("{offset:010} 00000 n \n"));
        }
        text.push_str(&format!(
            "trailer\n<< /Size {size} /Root {CATALOG} 0 R /Info {INFO} 0 R >>\nstartxref\n{start}\n%%EOF\n"
        ));
        self.bytes.extend_from_slice(text.as_bytes());
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

fn compressed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    // Writing to memory succeeds.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
