//! Texts as glyphs: shaped as their writing needs it, in the order in which they are read, broken into lines.

use std::collections::BTreeMap;

use pdf_writer::types::{FontFlags, SystemInfo};
use pdf_writer::{Chunk, Content, Name, Rect, Ref, Str};
use rustybuzz::{Direction, Face, GlyphBuffer, UnicodeBuffer};
use subsetter::GlyphRemapper;
use unicode_bidi::BidiInfo;

use crate::Problem;

/// Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic and more: `assets/DejaVuSansCondensed.LICENSE`.
static DATA: &[u8] = include_bytes!("../../assets/DejaVuSansCondensed.ttf");
/// What the font is called in a file; the six letters say that it is a part of it.
pub(super) const NAME: Name<'static> = Name(b"MUSTER+DejaVuSansCondensed");
/// What the font is called in a page.
pub(super) const SHORT_NAME: Name<'static> = Name(b"F");
pub(super) const SYSTEM: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

pub(super) struct Font {
    face: Face<'static>,
    remapper: GlyphRemapper,
    /// What a glyph of the file stands for.
    texts: BTreeMap<u16, String>,
}

/// A line of glyphs, from left to right.
#[derive(Debug, Default)]
pub(super) struct Line {
    glyphs: Vec<Glyph>,
    pub(super) is_rtl: bool,
}

/// In units of the font.
#[derive(Debug, Clone, Copy)]
struct Glyph {
    /// Its number in the file.
    id: u16,
    /// How wide the font says it is, and how far the next one stands.
    width: i32,
    advance: i32,
    x: i32,
    y: i32,
}

/// What is embedded in a file.
pub(super) struct Embedded {
    pub(super) file: Vec<u8>,
    pub(super) widths: Vec<f32>,
}

impl Font {
    pub(super) fn load() -> Result<Self, Problem> {
        let face = Face::from_slice(DATA, 0).ok_or_else(|| Problem::Font("it cannot be read".to_owned()))?;
        Ok(Self {
            face,
            remapper: GlyphRemapper::new(),
            texts: BTreeMap::new(),
        })
    }

    /// The text in lines of this width at the most; at least one. White space between words is where lines break; a word that
    /// is too long is broken anywhere.
    pub(super) fn wrap(&mut self, text: &str, size: f32, width: f32) -> Vec<Line> {
        let text = self.printable(text);
        let limit = width * self.units() / size;
        let space = self.measure(" ");
        let mut lines: Vec<String> = Vec::new();
        let (mut line, mut used) = (String::new(), 0.0);
        for word in text.split_whitespace() {
            for part in self.broken(word, limit) {
                let needed = self.measure(&part);
                if !line.is_empty() && used + space + needed > limit {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                if !line.is_empty() {
                    line.push(' ');
                    used += space;
                }
                line.push_str(&part);
                used += needed;
            }
        }
        lines.push(line);
        lines.iter().map(|line| self.line(line)).collect()
    }

    /// A word, or as many parts of it as it needs lines.
    fn broken(&self, word: &str, limit: f32) -> Vec<String> {
        if self.measure(word) <= limit {
            return vec![word.to_owned()];
        }
        let (mut parts, mut part) = (Vec::new(), String::new());
        for char in word.chars() {
            let longer = format!("{part}{char}");
            if !part.is_empty() && self.measure(&longer) > limit {
                parts.push(std::mem::replace(&mut part, char.to_string()));
            } else {
                part = longer;
            }
        }
        parts.push(part);
        parts
    }

    fn measure(&self, text: &str) -> f32 {
        let buffer = self.shaped(text, None);
        let advances = buffer.glyph_positions().iter().map(|position| position.x_advance);
        advances.sum::<i32>() as f32
    }

    fn shaped(&self, text: &str, direction: Option<Direction>) -> GlyphBuffer {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        if let Some(direction) = direction {
            buffer.set_direction(direction);
        }
        rustybuzz::shape(&self.face, &[], buffer)
    }

    /// What the font has no glyph for is written by its number: nothing that a name has is lost.
    fn printable(&self, text: &str) -> String {
        if self.has_all(text) {
            return text.to_owned();
        }
        let mut printable = String::new();
        for char in text.chars() {
            if char.is_whitespace() || char.is_control() {
                printable.push(' ');
            } else if self.has_all(char.encode_utf8(&mut [0; 4])) {
                printable.push(char);
            } else {
                printable.push_str(&format!("[U+{:04X}]", u32::from(char)));
            }
        }
        printable
    }

    fn has_all(&self, text: &str) -> bool {
        let buffer = self.shaped(text, None);
        buffer.glyph_infos().iter().all(|glyph| glyph.glyph_id != 0)
    }

    /// Runs of one direction each, in the order in which they stand on paper.
    fn line(&mut self, text: &str) -> Line {
        let info = BidiInfo::new(text, None);
        let mut line = Line::default();
        let Some(paragraph) = info.paragraphs.first() else {
            return line;
        };
        line.is_rtl = paragraph.level.is_rtl();
        let (levels, runs) = info.visual_runs(paragraph, paragraph.range.clone());
        for run in runs {
            let is_rtl = levels.get(run.start).is_some_and(|level| level.is_rtl());
            if let Some(text) = text.get(run) {
                self.run(&mut line, text, is_rtl);
            }
        }
        line
    }

    fn run(&mut self, line: &mut Line, text: &str, is_rtl: bool) {
        let direction = if is_rtl {
            Direction::RightToLeft
        } else {
            Direction::LeftToRight
        };
        let buffer = self.shaped(text, Some(direction));
        let infos = buffer.glyph_infos();
        let mut begins: Vec<usize> = infos.iter().map(|info| info.cluster as usize).collect();
        begins.sort_unstable();
        begins.dedup();
        for (info, position) in infos.iter().zip(buffer.glyph_positions()) {
            let old = u16::try_from(info.glyph_id).unwrap_or(0);
            let id = self.remapper.remap(old);
            let begin = info.cluster as usize;
            let next = begins.iter().copied().find(|next| *next > begin);
            if let Some(of) = text.get(begin..next.unwrap_or(text.len())) {
                self.texts.entry(id).or_insert_with(|| of.to_owned());
            }
            line.glyphs.push(Glyph {
                id,
                width: self.advance(old),
                advance: position.x_advance,
                x: position.x_offset,
                y: position.y_offset,
            });
        }
    }

    fn advance(&self, glyph: u16) -> i32 {
        let glyph = rustybuzz::ttf_parser::GlyphId(glyph);
        self.face.glyph_hor_advance(glyph).map_or(0, i32::from)
    }

    fn units(&self) -> f32 {
        self.face.units_per_em() as f32
    }

    /// How wide the line is, in points.
    pub(super) fn width(&self, line: &Line, size: f32) -> f32 {
        let advances = line.glyphs.iter().map(|glyph| glyph.advance);
        advances.sum::<i32>() as f32 * size / self.units()
    }

    /// Glyphs that stand where the font puts them are shown together; any other begins anew at its place.
    pub(super) fn draw(&self, content: &mut Content, line: &Line, x: f32, y: f32, size: f32) {
        if line.glyphs.is_empty() {
            return;
        }
        let scale = size / self.units();
        let place = |(right, up): (i32, i32)| (x + right as f32 * scale, y + up as f32 * scale);
        content.begin_text();
        content.set_font(SHORT_NAME, size);
        let (mut together, mut begin, mut pen) = (Vec::new(), (0, 0), 0);
        let mut is_moved = true;
        for glyph in &line.glyphs {
            if is_moved || glyph.x != 0 || glyph.y != begin.1 {
                flush(content, &mut together, place(begin));
                begin = (pen + glyph.x, glyph.y);
            }
            together.extend_from_slice(&glyph.id.to_be_bytes());
            pen += glyph.advance;
            is_moved = glyph.x != 0 || glyph.advance != glyph.width;
        }
        flush(content, &mut together, place(begin));
        content.end_text();
    }

    /// The glyphs that occurred.
    pub(super) fn embedded(&self) -> Result<Embedded, Problem> {
        let file =
            subsetter::subset(DATA, 0, &self.remapper).map_err(|error| Problem::Font(error.to_string()))?;
        let scale = 1000.0 / self.units();
        let glyphs = self.remapper.remapped_gids();
        let widths = glyphs.map(|old| self.advance(old) as f32 * scale).collect();
        Ok(Embedded { file, widths })
    }

    /// What each of them stands for.
    pub(super) fn texts(&self) -> &BTreeMap<u16, String> {
        &self.texts
    }

    pub(super) fn describe(&self, chunk: &mut Chunk, id: Ref, file: Ref) {
        let scale = 1000.0 / self.units();
        let scaled = |value: i16| f32::from(value) * scale;
        let bounds = self.face.global_bounding_box();
        let [left, low] = [bounds.x_min, bounds.y_min].map(scaled);
        let [right, high] = [bounds.x_max, bounds.y_max].map(scaled);
        chunk
            .font_descriptor(id)
            .name(NAME)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(left, low, right, high))
            .italic_angle(0.0)
            .ascent(scaled(self.face.ascender()))
            .descent(scaled(self.face.descender()))
            .cap_height(scaled(self.face.capital_height().unwrap_or(0)))
            .stem_v(80.0)
            .font_file2(file);
    }
}

fn flush(content: &mut Content, together: &mut Vec<u8>, (x, y): (f32, f32)) {
    if !together.is_empty() {
        content.set_text_matrix([1.0, 0.0, 0.0, 1.0, x, y]);
        content.show(Str(together));
        together.clear();
    }
}
