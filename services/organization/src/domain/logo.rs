//! The logo that a join page shows. Of what is uploaded the pixels are kept, and nothing else: the picture that people see is written here.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType as LineFilter, PngEncoder};
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use muster_ids::{OrganizationId, PersonId};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

/// The largest picture, each way: looked at before anything is unpacked.
const MAX_SIDE: u32 = 2048;
/// What a decoder may claim beside the pixels, such as for a packed colour profile.
const MAX_ASIDE: u64 = 8 * 1024 * 1024;
/// The largest that is shown. Four bytes a pixel are less than a message holds, however little they can be packed.
const WIDTH: u32 = 320;
const HEIGHT: u32 = 160;

/// A logo of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logo {
    pub(crate) organization: OrganizationId,
    pub(crate) picture: Picture,
    pub(crate) set_by: PersonId,
    pub(crate) set_time: OffsetDateTime,
}

/// A picture, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) png: Vec<u8>,
    /// SHA-256 of it, in hexadecimal digits.
    pub(crate) digest: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Why no picture can be made of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PictureProblem {
    #[error("must be a picture of one of the kinds PNG and JPEG, which its bytes say")]
    Kind,
    #[error("must be at most 2048 pixels wide and 2048 high")]
    Size,
    #[error("cannot be read: the file is damaged, or not all of it is there")]
    Damaged,
}

impl Picture {
    /// Makes the picture that is shown of a file: turned as its camera says, made smaller where it is larger than 320 × 160, of several the
    /// first one. Takes up to some tenths of a second.
    ///
    /// # Errors
    /// [`PictureProblem`].
    pub(crate) fn of(file: &[u8]) -> Result<Self, PictureProblem> {
        let format = image::guess_format(file).map_err(|_| PictureProblem::Kind)?;
        if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg) {
            return Err(PictureProblem::Kind);
        }
        let (decoded, orientation) = decode(file, format)?;
        // It is turned when it is small: the large one is there once.
        let (width, height) = if lies_on_its_side(orientation) {
            (HEIGHT, WIDTH)
        } else {
            (WIDTH, HEIGHT)
        };
        let mut shown = if decoded.width() > width || decoded.height() > height {
            decoded.resize(width, height, FilterType::Lanczos3)
        } else {
            decoded
        };
        shown.apply_orientation(orientation);
        let shown = shown.into_rgba8();
        let (width, height) = shown.dimensions();
        let mut png = Vec::new();
        // It is written once and sent often.
        let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Default, LineFilter::Adaptive);
        shown
            .write_with_encoder(encoder)
            .map_err(|_| PictureProblem::Damaged)?;
        Ok(Self {
            digest: digest(&png),
            png,
            width,
            height,
        })
    }
}

fn digest(png: &[u8]) -> String {
    let digest = Sha256::digest(png);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn lies_on_its_side(orientation: Orientation) -> bool {
    use Orientation as O;
    matches!(
        orientation,
        O::Rotate90 | O::Rotate270 | O::Rotate90FlipH | O::Rotate270FlipH
    )
}

/// The pixels as they are stored, and how they are to be turned.
fn decode(file: &[u8], format: ImageFormat) -> Result<(DynamicImage, Orientation), PictureProblem> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ASIDE);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(problem)?;
    let (width, height) = decoder.dimensions();
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(PictureProblem::Size);
    }
    // What says nothing readable of it is shown as it is.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let decoded = DynamicImage::from_decoder(decoder).map_err(problem)?;
    Ok((decoded, orientation))
}

fn problem(error: image::ImageError) -> PictureProblem {
    match error {
        image::ImageError::Limits(_) => PictureProblem::Size,
        _ => PictureProblem::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    /// Red on the left, blue on the right.
    fn two_colours(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let colour = |x, _| {
            if x < width / 2 {
                Rgb([255, 0, 0])
            } else {
                Rgb([0, 0, 255])
            }
        };
        let mut file = Cursor::new(Vec::new());
        let picture = DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, colour));
        picture.write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    fn is_red(picture: &Picture, x: u32, y: u32) -> bool {
        let shown = image::load_from_memory(&picture.png).unwrap().into_rgb8();
        let [red, _, blue] = shown.get_pixel(x, y).0;
        red > blue
    }

    #[test]
    fn two_kinds_are_taken_and_made_smaller_in_the_same_shape() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            for (size, shown) in [
                ((100, 50), (100, 50)),
                ((640, 160), (320, 80)),
                ((200, 400), (80, 160)),
                ((2048, 2), (320, 1)),
            ] {
                let picture = Picture::of(&two_colours(size.0, size.1, format)).unwrap();
                assert_eq!((picture.width, picture.height), shown, "{format:?} {size:?}");
                assert!(is_red(&picture, 0, 0) && !is_red(&picture, shown.0 - 1, 0));
            }
        }
    }

    #[test]
    fn nothing_of_the_file_is_left_but_its_pixels_turned_as_the_camera_said() {
        let jpeg = two_colours(64, 32, ImageFormat::Jpeg);
        // An Exif block of one entry: the camera was turned, the right of the picture is its top.
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0".to_vec();
        exif.extend(b"somewhere in the woods");
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let file = [&jpeg[..2], b"\xff\xe1", &length, &exif, &jpeg[2..]].concat();
        let picture = Picture::of(&file).unwrap();
        assert_eq!((picture.width, picture.height), (32, 64));
        assert!(!is_red(&picture, 0, 0) && is_red(&picture, 0, 63));
        let has = |text: &[u8]| picture.png.windows(text.len()).any(|part| part == text);
        assert!(!has(b"woods") && !has(b"Exif") && !has(b"eXIf"));
        assert_eq!(Picture::of(&file), Ok(picture));
    }

    #[test]
    fn even_noise_fits_into_a_message() {
        let mut last = 1_u32;
        let noise = RgbaImage::from_fn(WIDTH, HEIGHT, |_, _| {
            for shift in [13, -17, 5] {
                last ^= if shift > 0 { last << shift } else { last >> -shift };
            }
            Rgba(last.to_le_bytes())
        });
        let mut file = Cursor::new(Vec::new());
        noise.write_to(&mut file, ImageFormat::Png).unwrap();
        let picture = Picture::of(&file.into_inner()).unwrap();
        assert!(picture.png.len() < 224 * 1024, "{}", picture.png.len());
    }

    #[test]
    fn what_claims_to_be_large_is_not_unpacked() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            assert_eq!(
                Picture::of(&two_colours(2049, 1, format)),
                Err(PictureProblem::Size)
            );
            let whole = two_colours(500, 300, format);
            for length in (0..whole.len().min(2000)).step_by(19) {
                let cut = Picture::of(&whole[..length]);
                assert!(cut.is_err() || format == ImageFormat::Jpeg, "{format:?} {length}");
            }
        }
        for other in [
            &b"GIF89a"[..],
            b"BM",
            b"<svg/>",
            b"",
            b"II*\0",
            b"%PDF-1.7",
            b"RIFF\x1a\0\0\0WEBPVP8 ",
        ] {
            assert_eq!(Picture::of(other), Err(PictureProblem::Kind));
        }
    }
}
