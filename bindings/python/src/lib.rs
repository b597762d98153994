//! `vqz._vqz`: what the Python module `vqz` is made of. Pixels cross the border as bytes; arrays are made of them in Python, so that
//! nothing here depends on a version of NumPy. Whatever takes time releases the GIL.
#![forbid(unsafe_code)]

use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict};
use vqz::{Color, Image, Limits, Metadata, Models, Picture, Probe, Progress, Scale, View};

/// Left, top, width, height.
type Box4 = (u32, u32, u32, u32);
/// Pixels, and their width, height and channels.
type Pixels<'py> = (Bound<'py, PyByteArray>, u32, u32, usize);
/// Values, and their height, width and channels.
type Values<'py> = (Bound<'py, PyByteArray>, usize, usize, usize);

/// The exception of `vqz._errors` that says the same.
fn raise(py: Python<'_>, error: &vqz::Error) -> PyErr {
    let name = format!("{}Error", error.class().name());
    let made = py
        .import("vqz._errors")
        .and_then(|errors| errors.getattr(name.as_str()))
        .and_then(|class| class.call1((error.to_string(),)));
    made.map_or_else(|failure| failure, PyErr::from_value)
}

/// Runs `work` without the GIL.
fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> vqz::Result<T> + Send) -> PyResult<T> {
    py.detach(work).map_err(|error| raise(py, &error))
}

fn parameter(text: String) -> vqz::Error {
    vqz::Error::Parameter(text)
}

/// A model from the bytes of a model file (`.vqzm`), for files that are not made with the built-in one. The bytes of its encoder file (`.vqze`) may
/// follow directly; without them it only decodes, and `encode` raises UnsupportedError.
#[pyclass(frozen, module = "vqz")]
struct Model(vqz::Model);

#[pymethods]
impl Model {
    #[new]
    fn new(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        detached(py, || vqz::Model::from_bytes(data)).map(Self)
    }

    /// What files name it by, in hexadecimal digits.
    #[getter]
    fn digest(&self) -> String {
        self.0.digest().to_string()
    }

    /// Free text.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    fn __repr__(&self) -> String {
        format!("<vqz.Model {} {:?}>", self.0.digest(), self.0.name())
    }
}

/// Another rendering of the files of one model, from a `.vqzr` file.
#[pyclass(frozen, module = "vqz")]
struct Rendering(vqz::RenderingModel);

#[pymethods]
impl Rendering {
    #[new]
    fn new(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        detached(py, || vqz::RenderingModel::from_bytes(data)).map(Self)
    }

    /// The beginning of the SHA-256 of the file, in hexadecimal digits.
    #[getter]
    fn digest(&self) -> String {
        self.0.digest().to_string()
    }

    /// Digest of the model whose files it renders.
    #[getter]
    fn base(&self) -> String {
        self.0.base().to_string()
    }

    /// Free text.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    fn __repr__(&self) -> String {
        let (digest, base) = (self.0.digest(), self.0.base());
        format!("<vqz.Rendering {digest} of {base} {:?}>", self.0.name())
    }
}

/// What to decode with: the built-in models, `models` and `renderings`.
fn all_models(models: &[Py<Model>], renderings: &[Py<Rendering>]) -> Models {
    let with_models = models
        .iter()
        .fold(Models::default(), |all, model| all.with(&model.get().0));
    renderings.iter().fold(with_models, |all, rendering| {
        all.with_rendering(&rendering.get().0)
    })
}

/// What all ways of decoding share.
fn options(
    models: &[Py<Model>],
    renderings: &[Py<Rendering>],
    max_pixels: Option<u64>,
    threads: usize,
) -> vqz::Result<vqz::Decoder> {
    let mut limits = Limits::default();
    if let Some(most) = max_pixels {
        limits.max_pixels = most;
    }
    vqz::Decoder::with_models(all_models(models, renderings))
        .limits(limits)
        .threads(threads)
}

fn view(region: Option<Box4>, scale: u32, rendering: &str) -> vqz::Result<View> {
    let known = Scale::ALL.into_iter().find(|s| s.divisor() == scale);
    let Some(scale) = known else {
        return Err(parameter(format!(
            "scale is {scale}, it must be 1, 2, 4, 8 or 16"
        )));
    };
    let rendering = match rendering {
        "faithful" => vqz::Rendering::Faithful,
        "perceptual" => vqz::Rendering::Perceptual,
        other => {
            return Err(parameter(format!(
                "rendering is {other:?}, it must be \"faithful\" or \"perceptual\""
            )))
        }
    };
    let view = View::scale(scale).rendering(rendering);
    Ok(match region {
        Some((x, y, width, height)) => view.crop(x, y, width, height),
        None => view,
    })
}

/// The pixels of a view, their width and height.
fn draw(picture: &Picture<'_>, view: View) -> vqz::Result<(Vec<u8>, u32, u32)> {
    let region = view.resolve(picture.width(), picture.height())?;
    let (width, height) = (region.width, region.height);
    let stride = width as usize * picture.format().bytes();
    let bytes = stride * height as usize;
    let mut pixels = Vec::new();
    pixels
        .try_reserve_exact(bytes)
        .map_err(|_| vqz::Error::OutOfMemory {
            what: "pixels",
            bytes: bytes as u64,
        })?;
    pixels.resize(bytes, 0);
    picture.decode_into(view, picture.format(), &mut pixels, stride)?;
    Ok((pixels, width, height))
}

#[pyfunction]
#[pyo3(signature = (pixels, width, height, channels, *, quality, size, psnr, progressive, effort, tune, icc, exif, xmp, threads, model))]
#[allow(clippy::too_many_arguments)]
fn encode<'py>(
    py: Python<'py>,
    pixels: &[u8],
    width: u32,
    height: u32,
    channels: usize,
    quality: Option<f32>,
    size: Option<usize>,
    psnr: Option<f64>,
    progressive: bool,
    effort: u8,
    tune: &str,
    icc: Option<Vec<u8>>,
    exif: Option<Vec<u8>>,
    xmp: Option<Vec<u8>>,
    threads: usize,
    model: Option<Py<Model>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let file = detached(py, || {
        let format = match channels {
            1 => vqz::PixelFormat::Gray8,
            2 => vqz::PixelFormat::GrayAlpha8,
            3 => vqz::PixelFormat::Rgb8,
            4 => vqz::PixelFormat::Rgba8,
            _ => {
                return Err(parameter(format!(
                    "{channels} channels; there must be 1 to 4"
                )))
            }
        };
        let stride = width as usize * format.bytes();
        let mut image = Image::from_pixels(width, height, format, pixels, stride)?;
        let mut metadata = Metadata::default();
        (metadata.icc, metadata.exif, metadata.xmp) = (icc, exif, xmp);
        image.metadata = metadata;
        let encoder = match &model {
            Some(model) => vqz::Encoder::new(&model.get().0),
            None => vqz::Encoder::new(vqz::Model::embedded()?),
        };
        let encoder = encoder
            .progressive(progressive)
            .effort(effort)?
            .tune(tune.parse()?)
            .threads(threads)?;
        match (quality, size, psnr) {
            (None, Some(size), None) => encoder.encode_to_size(&image, size).map(|e| e.bytes),
            (None, None, Some(db)) => encoder.encode_to_psnr(&image, db).map(|e| e.bytes),
            (quality, None, None) => encoder.quality(quality.unwrap_or(50.0))?.encode(&image),
            _ => Err(parameter(
                "quality, size and psnr are given; one of them is enough".into(),
            )),
        }
    })?;
    Ok(PyBytes::new(py, &file))
}

#[pyfunction]
#[allow(clippy::too_many_arguments)]
fn decode<'py>(
    py: Python<'py>,
    data: &[u8],
    region: Option<Box4>,
    scale: u32,
    rendering: &str,
    threads: usize,
    models: Vec<Py<Model>>,
    renderings: Vec<Py<Rendering>>,
    max_pixels: Option<u64>,
) -> PyResult<Pixels<'py>> {
    let (pixels, width, height, channels) = detached(py, || {
        let decoder = options(&models, &renderings, max_pixels, threads)?;
        let picture = decoder.open(data)?;
        let (pixels, width, height) = draw(&picture, view(region, scale, rendering)?)?;
        Ok((pixels, width, height, picture.format().bytes()))
    })?;
    Ok((PyByteArray::new(py, &pixels), width, height, channels))
}

/// `None`: not to be told from so few bytes.
#[pyfunction]
fn probe(data: &[u8]) -> Option<bool> {
    match vqz::probe(data) {
        Probe::Vqz => Some(true),
        Probe::Other => Some(false),
        Probe::TooShort => None,
    }
}

/// Name of a kind of pixels, as Pillow has it.
fn mode(color: Color, alpha: bool) -> &'static str {
    match (color, alpha) {
        (Color::Gray, false) => "L",
        (Color::Gray, true) => "LA",
        (Color::Rgb, false) => "RGB",
        (Color::Rgb, true) => "RGBA",
    }
}

/// What a file names its model by.
fn hex(model: [u8; 8]) -> String {
    model.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[pyfunction]
fn info<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let info = detached(py, || vqz::inspect(data, &Limits::default()))?;
    let dict = PyDict::new(py);
    let chunks = info.chunks.into_iter();
    let chunks: Vec<_> = chunks.map(|c| (c.kind, c.offset, c.bytes)).collect();
    dict.set_item("format_version", info.format_version)?;
    dict.set_item("width", info.width)?;
    dict.set_item("height", info.height)?;
    dict.set_item("mode", mode(info.color, info.alpha))?;
    dict.set_item("quality", info.quality)?;
    dict.set_item("layers", info.layers)?;
    dict.set_item("model", hex(info.model))?;
    dict.set_item("tile_side", info.tile_side)?;
    dict.set_item("tiles", info.tiles)?;
    dict.set_item("file_bytes", info.file_bytes)?;
    dict.set_item("bits_per_pixel", info.bits_per_pixel)?;
    dict.set_item("chunks", chunks)?;
    Ok(dict)
}

/// Of the kinds that are there.
fn metadata_dict<'py>(py: Python<'py>, metadata: &Metadata) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let kinds = [
        ("icc", &metadata.icc),
        ("exif", &metadata.exif),
        ("xmp", &metadata.xmp),
    ];
    for (name, bytes) in kinds {
        if let Some(bytes) = bytes {
            dict.set_item(name, PyBytes::new(py, bytes))?;
        }
    }
    Ok(dict)
}

#[pyfunction]
fn metadata<'py>(
    py: Python<'py>,
    data: &[u8],
    models: Vec<Py<Model>>,
) -> PyResult<Bound<'py, PyDict>> {
    let metadata = detached(py, || {
        let decoder = options(&models, &[], None, 0)?;
        Ok(decoder.open(data)?.metadata())
    })?;
    metadata_dict(py, &metadata)
}

/// Little-endian bytes of numbers.
fn bytes_of<T: Copy, const N: usize>(values: &[T], bytes: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(|&value| bytes(value)).collect()
}

/// The latents as int16.
#[pyfunction]
fn latents<'py>(
    py: Python<'py>,
    data: &[u8],
    threads: usize,
    models: Vec<Py<Model>>,
) -> PyResult<Values<'py>> {
    let (values, shape) = detached(py, || {
        let decoder = options(&models, &[], None, threads)?;
        let latents = decoder.open(data)?.latents()?;
        let values = bytes_of(&latents.values, i16::to_le_bytes);
        Ok((values, (latents.height, latents.width, latents.channels)))
    })?;
    let (height, width, channels) = shape;
    Ok((PyByteArray::new(py, &values), height, width, channels))
}

/// The labels as int32.
#[pyfunction]
fn labels<'py>(
    py: Python<'py>,
    data: &[u8],
    threads: usize,
    models: Vec<Py<Model>>,
) -> PyResult<Values<'py>> {
    let (values, shape) = detached(py, || {
        let decoder = options(&models, &[], None, threads)?;
        let labels = decoder.open(data)?.labels()?;
        let values = bytes_of(&labels.values, i32::to_le_bytes);
        Ok((values, (labels.height, labels.width, labels.channels)))
    })?;
    let (height, width, channels) = shape;
    Ok((PyByteArray::new(py, &values), height, width, channels))
}

/// A file that arrives piece by piece.
#[pyclass(module = "vqz")]
struct Decoder {
    push: vqz::PushDecoder,
    /// How many more bytes are needed; 0: the file is whole.
    needed: usize,
}

#[pymethods]
impl Decoder {
    #[new]
    fn new(
        py: Python<'_>,
        threads: usize,
        models: Vec<Py<Model>>,
        renderings: Vec<Py<Rendering>>,
        max_pixels: Option<u64>,
    ) -> PyResult<Self> {
        let decoder = detached(py, || options(&models, &renderings, max_pixels, threads))?;
        Ok(Self {
            push: decoder.push(),
            needed: Probe::SIGNATURE_BYTES,
        })
    }

    fn push(&mut self, py: Python<'_>, data: &[u8]) -> PyResult<usize> {
        let push = &mut self.push;
        let progress = detached(py, || push.push(data))?;
        self.needed = match progress {
            Progress::NeedMore(bytes) => bytes,
            Progress::Finished => 0,
        };
        Ok(self.needed)
    }

    #[getter]
    fn finished(&self) -> bool {
        self.needed == 0
    }

    #[getter]
    fn needed(&self) -> usize {
        self.needed
    }

    #[getter]
    fn layers(&self) -> usize {
        self.push.layers()
    }

    #[getter]
    fn info<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(header) = self.push.header() else {
            return Ok(None);
        };
        let dict = PyDict::new(py);
        dict.set_item("width", header.width())?;
        dict.set_item("height", header.height())?;
        dict.set_item("mode", mode(header.color(), header.has_alpha()))?;
        dict.set_item("quality", header.quality())?;
        dict.set_item("layers", header.layers())?;
        dict.set_item("model", hex(header.model()))?;
        Ok(Some(dict))
    }

    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        metadata_dict(py, &self.push.metadata())
    }

    fn image<'py>(
        &self,
        py: Python<'py>,
        region: Option<Box4>,
        scale: u32,
        rendering: &str,
    ) -> PyResult<Pixels<'py>> {
        let push = &self.push;
        let (pixels, width, height, channels) = detached(py, || {
            let Some(picture) = push.picture()? else {
                return Err(parameter("the header has not arrived yet".into()));
            };
            let (pixels, width, height) = draw(&picture, view(region, scale, rendering)?)?;
            Ok((pixels, width, height, picture.format().bytes()))
        })?;
        Ok((PyByteArray::new(py, &pixels), width, height, channels))
    }
}

#[pymodule]
fn _vqz(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<Model>()?;
    module.add_class::<Rendering>()?;
    module.add_class::<Decoder>()?;
    module.add_function(wrap_pyfunction!(encode, module)?)?;
    module.add_function(wrap_pyfunction!(decode, module)?)?;
    module.add_function(wrap_pyfunction!(probe, module)?)?;
    module.add_function(wrap_pyfunction!(info, module)?)?;
    module.add_function(wrap_pyfunction!(metadata, module)?)?;
    module.add_function(wrap_pyfunction!(latents, module)?)?;
    module.add_function(wrap_pyfunction!(labels, module)?)?;
    Ok(())
}
