//! Pages of a file: what every kind of them stands on. Each page is complete when the next one begins, and may be taken; what is kept until
//! the end is where the pages stand, and which glyphs of the font occurred.

use std::mem::take;

use pdf_writer::types::UnicodeCmap;
use pdf_writer::{Chunk, Content, Filter, Finish as _, Name, Rect, Ref, TextStr};

use super::font::{self, Font, Line};
use crate::Problem;

/// A4, landscape, in points.
pub(super) const WIDTH: f32 = 842.0;
pub(super) const HEIGHT: f32 = 595.0;

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

pub(super) struct Paper {
    font: Font,
    /// What is written and not taken.
    bytes: Vec<u8>,
    /// What was taken.
    taken: usize,
    /// Where each object begins; 0 while it is not written.
    offsets: Vec<usize>,
    pages: Vec<Ref>,
}

impl Paper {
    pub(super) fn new() -> Result<Self, Problem> {
        Ok(Self {
            font: Font::load()?,
            bytes: b"%PDF-1.7\n%\x80\x80\x80\x80\n\n".to_vec(),
            taken: 0,
            offsets: vec![0; FIRST_PAGE as usize],
            pages: Vec::new(),
        })
    }

    /// See [`Font::wrap`].
    pub(super) fn wrap(&mut self, text: &str, size: f32, width: f32) -> Vec<Line> {
        self.font.wrap(text, size, width)
    }

    /// How wide the line is, in points.
    pub(super) fn width(&self, line: &Line, size: f32) -> f32 {
        self.font.width(line, size)
    }

    /// Writes a line whose left edge and foot stand there.
    pub(super) fn draw(&self, content: &mut Content, line: &Line, (x, y): (f32, f32), size: f32) {
        self.font.draw(content, line, x, y, size);
    }

    /// How many pages are complete.
    pub(super) fn page_count(&self) -> usize {
        self.pages.len()
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        self.taken += self.bytes.len();
        take(&mut self.bytes)
    }

    /// Completes a page.
    pub(super) fn page(&mut self, content: Content) {
        let (id, content_id) = (self.next_object(), self.next_object());
        let content = compressed(content.finish().as_slice());
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

    /// Completes the file, which is called so: the rest of it.
    pub(super) fn finish(mut self, title: &str) -> Result<Vec<u8>, Problem> {
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
            .title(TextStr(title))
            .producer(TextStr("Muster"));
        self.put(INFO, &chunk);
        self.write_trailer();
        Ok(self.bytes)
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

fn compressed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    // Writing to memory succeeds.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
