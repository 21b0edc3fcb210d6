//! Texts as glyphs: shaped as their writing needs it, in the order in which they are read, broken into lines.

use std::collections::{BTreeMap, HashMap};

use pdf_writer::types::{FontFlags, SystemInfo};
use pdf_writer::{Chunk, Content, Name, Rect, Ref, Str};
use rustybuzz::{Direction, Face, GlyphBuffer, GlyphInfo, Script, ShapePlan, UnicodeBuffer, script};
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
    /// The characters of the file, by their numbers; the first one is for what there is no glyph for.
    characters: Vec<Character>,
    /// How each script is shaped in each direction: to find that out takes far longer than to shape a word.
    plans: HashMap<(Direction, Script), ShapePlan>,
    /// Which number a glyph has where it stands for a text.
    numbers: BTreeMap<(u16, String), u16>,
}

/// A glyph that stands for a text. The same glyph is another character where it stands for another text, as letters with marks make it
/// do: so what is read of a file is what was written, and not what the glyph stood for the first time.
#[derive(Debug, Clone, Default)]
pub(super) struct Character {
    /// Its glyph in the font, and in what is embedded of that.
    glyph: u16,
    pub(super) embedded: u16,
    /// Empty of the further glyphs of a letter.
    pub(super) text: String,
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
    /// The number of its character in the file.
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
    /// Of each character.
    pub(super) widths: Vec<f32>,
}

impl Font {
    pub(super) fn load() -> Result<Self, Problem> {
        let face = Face::from_slice(DATA, 0).ok_or_else(|| Problem::Font("it cannot be read".to_owned()))?;
        Ok(Self {
            face,
            remapper: GlyphRemapper::new(),
            characters: vec![Character::default()],
            plans: HashMap::new(),
            numbers: BTreeMap::new(),
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
    fn broken(&mut self, word: &str, limit: f32) -> Vec<String> {
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

    fn measure(&mut self, text: &str) -> f32 {
        let buffer = self.shaped(text, None);
        let advances = buffer.glyph_positions().iter().map(|position| position.x_advance);
        advances.sum::<i32>() as f32
    }

    fn shaped(&mut self, text: &str, direction: Option<Direction>) -> GlyphBuffer {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        if let Some(direction) = direction {
            buffer.set_direction(direction);
        }
        buffer.guess_segment_properties();
        let (direction, script) = (buffer.direction(), buffer.script());
        let plan = self.plans.entry((direction, script)).or_insert_with(|| {
            let known = Some(script).filter(|script| *script != script::UNKNOWN);
            ShapePlan::new(&self.face, direction, known, None, &[])
        });
        rustybuzz::shape_with_plan(&self.face, plan, buffer)
    }

    /// What the font has no glyph for is written by its number: nothing that a name has is lost.
    fn printable(&mut self, text: &str) -> String {
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

    fn has_all(&mut self, text: &str) -> bool {
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
        let glyphs = infos.iter().zip(buffer.glyph_positions());
        for ((info, position), of) in glyphs.zip(shares(text, infos, is_rtl)) {
            let glyph = u16::try_from(info.glyph_id).unwrap_or(0);
            line.glyphs.push(Glyph {
                id: self.character(glyph, of),
                width: self.advance(glyph),
                advance: position.x_advance,
                x: position.x_offset,
                y: position.y_offset,
            });
        }
    }

    /// The number of the glyph where it stands for this text. A file has no numbers for more than 65,535 of them: then it is one of
    /// the same glyph.
    fn character(&mut self, glyph: u16, text: String) -> u16 {
        let embedded = self.remapper.remap(glyph);
        let wanted = (glyph, text);
        if let Some(number) = self.numbers.get(&wanted) {
            return *number;
        }
        let next = u16::try_from(self.characters.len()).ok();
        let Some(number) = next.filter(|number| *number < u16::MAX) else {
            let same = self.numbers.range((glyph, String::new())..).next();
            return same
                .filter(|((of, _), _)| *of == glyph)
                .map_or(0, |(_, number)| *number);
        };
        self.characters.push(Character {
            glyph,
            embedded,
            text: wanted.1.clone(),
        });
        self.numbers.insert(wanted, number);
        number
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
        let characters = self.characters.iter();
        let widths = characters.map(|character| self.advance(character.glyph) as f32 * scale);
        Ok(Embedded {
            file,
            widths: widths.collect(),
        })
    }

    /// The characters of the file, in the order of their numbers.
    pub(super) fn characters(&self) -> &[Character] {
        &self.characters
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

/// What each glyph stands for. The letters of what was shaped together are shared out among its glyphs, so that whoever reads one after
/// the other reads the text.
fn shares(text: &str, infos: &[GlyphInfo], is_rtl: bool) -> Vec<String> {
    let mut begins: Vec<usize> = infos.iter().map(|info| info.cluster as usize).collect();
    begins.sort_unstable();
    let mut shares = Vec::with_capacity(infos.len());
    for together in infos.chunk_by(|one, next| one.cluster == next.cluster) {
        let begin = together.first().map_or(0, |info| info.cluster as usize);
        let end = begins.iter().copied().find(|next| *next > begin);
        let letters = text.get(begin..end.unwrap_or(text.len())).unwrap_or_default();
        let more = letters.chars().count().saturating_sub(together.len());
        let mut letters = letters.chars();
        let mut of: Vec<String> = Vec::with_capacity(together.len());
        for place in 0..together.len() {
            let count = if place == 0 { 1 + more } else { 1 };
            of.push(letters.by_ref().take(count).collect());
        }
        if is_rtl {
            of.reverse();
        }
        shares.append(&mut of);
    }
    shares
}

fn flush(content: &mut Content, together: &mut Vec<u8>, (x, y): (f32, f32)) {
    if !together.is_empty() {
        content.set_text_matrix([1.0, 0.0, 0.0, 1.0, x, y]);
        content.show(Str(together));
        together.clear();
    }
}
