//! The synthesis, kept open: pixels of latents, and gradients with respect to latents from gradients with respect to pixels.

use super::adjoint::Adjoint;
use super::plane::Plane;
use crate::codec::geometry::{windows, Geometry, STRIDE};
use crate::codec::session::Session;
use crate::codec::synthesis::{Full, Samples, PATCH, PATCH_PIXELS};
use crate::model::{LatentBlock, Layer, Network, Weights};
use crate::nn::{Rect, Tensor};
use crate::Result;
use rayon::prelude::*;

/// Latent positions each way of the windows that are rendered at a time.
const WINDOW: usize = 32;
/// Units of patches (Q4) per sample.
const PATCH_UNITS: f32 = 16.0;

pub(super) struct Renderer<'s> {
    session: &'s Session<'s>,
    full: Full<'s>,
    linear: Adjoint,
    body: Adjoint,
    lift: Adjoint,
    renderer: Adjoint,
    /// n̂ per ŷ.
    norms: Vec<f32>,
    curvatures: Vec<f32>,
}

/// A window as it was rendered, with the tensors of all networks.
pub(super) struct Rendered {
    pub(super) samples: Samples,
    /// Patches, Q4.
    patches: Tensor,
    linear: Vec<Tensor>,
    pub(super) body: Vec<Tensor>,
    pub(super) lift: Vec<Tensor>,
    pub(super) renderer: Vec<Tensor>,
}

impl<'s> Renderer<'s> {
    /// # Errors
    /// [`crate::Error::NoEncoder`] if the model has no encoder.
    pub(super) fn new(session: &'s Session<'s>, geometry: &Geometry) -> Result<Self> {
        let file = session.model.file()?;
        let kernels = session.kernels();
        Ok(Self {
            session,
            full: Full::new(session, geometry),
            linear: Adjoint::new(&file.synthesis_linear, kernels),
            body: Adjoint::new(&file.synthesis_body, kernels),
            lift: Adjoint::new(&file.synthesis_lift, kernels),
            renderer: Adjoint::new(&file.renderer, kernels),
            norms: norms(&file.y),
            curvatures: curvatures(&file.synthesis_linear),
        })
    }

    /// Half of the second derivative of the squared error of pixels with respect to each channel of ŷ, as far as the linear part goes.
    pub(super) fn curvatures(&self) -> &[f32] {
        &self.curvatures
    }

    /// The window of latents that the pixels of a window of latents depend on, as far as it is inside the picture.
    pub(super) fn input_window(&self, wanted: Rect) -> Rect {
        let whole = Rect::of_size(self.full.latents.0, self.full.latents.1);
        self.full.input_window(wanted).intersection(whole)
    }

    /// Renders an area of latents, window by window; `y` (ŷ, Q3) covers [`Self::input_window`].
    pub(super) fn render(&self, y: &Tensor, area: Rect) -> Vec<Rendered> {
        windows(area, (WINDOW, WINDOW))
            .into_par_iter()
            .map(|window| self.render_window(y, window.finer(STRIDE / PATCH)))
            .collect()
    }

    fn render_window(&self, y: &Tensor, window: Rect) -> Rendered {
        let (session, networks) = (self.session, &self.session.model.networks);
        let Full {
            latents, patches, ..
        } = self.full;
        let [seen, lifted] = self.full.feature_windows(window);
        let body = session.trace(&networks.rendering.body, seen, latents, |rect| {
            session.y.normalise_all(y.window(rect))
        });
        let linear = session.trace(&networks.synthesis_linear, lifted, latents, |rect| {
            y.window(rect)
        });
        let lift = session.trace(&networks.rendering.lift, seen, patches, |rect| {
            last(&linear).window(rect)
        });
        let mut stream = last(&lift).clone();
        stream.add(
            session.kernels(),
            last(&body),
            networks.rendering.renderer.input_limit(),
        );
        let renderer = session.trace(&networks.rendering.renderer, window, patches, |rect| {
            stream.window(rect)
        });
        let mut patches = last(&renderer).clone();
        patches.add(session.kernels(), last(&linear), i16::MAX);
        Rendered {
            samples: Samples::of_patches(session.kernels(), &patches),
            patches,
            linear,
            body,
            lift,
            renderer,
        }
    }

    /// The gradient with respect to ŷ (Q3), of all positions that the rendered windows depend on within `area`, from the one with respect to
    /// samples: `gradient` gives it for the colours of a sample of the whole picture.
    pub(super) fn back(
        &self,
        rendered: &[Rendered],
        area: Rect,
        gradient: &(impl Fn(i32, i32) -> [f32; 3] + Sync),
    ) -> Plane {
        let windows: Vec<Plane> = rendered
            .par_iter()
            .map(|window| self.back_window(window, gradient))
            .collect();
        let mut sum = Plane::zeros(area, self.norms.len());
        // In this order on any number of threads: sums of floats depend on it.
        for window in &windows {
            sum.add_common(window);
        }
        sum
    }

    fn back_window(
        &self,
        window: &Rendered,
        gradient: &(impl Fn(i32, i32) -> [f32; 3] + Sync),
    ) -> Plane {
        let of_patches = of_patches(&window.patches, gradient);
        let of_stream = self.renderer.run(&window.renderer, of_patches.clone());
        let mut of_linear = Plane::like(last(&window.linear));
        of_linear.add_common(&of_patches);
        of_linear.add_common(&self.lift.run(&window.lift, of_stream.clone()));
        let mut of_latents = self.body.run(&window.body, of_stream);
        for position in of_latents.data.chunks_exact_mut(self.norms.len()) {
            position
                .iter_mut()
                .zip(&self.norms)
                .for_each(|(g, norm)| *g *= norm);
        }
        let linear = self.linear.run(&window.linear, of_linear);
        let mut sum = Plane::zeros(of_latents.rect.union(linear.rect), self.norms.len());
        sum.add_common(&of_latents);
        sum.add_common(&linear);
        sum
    }
}

/// The gradient with respect to patches, from that with respect to samples; what was clamped has none.
fn of_patches(patches: &Tensor, gradient: &impl Fn(i32, i32) -> [f32; 3]) -> Plane {
    let mut plane = Plane::like(patches);
    let rect = patches.rect;
    for y in rect.y..rect.bottom() {
        for x in rect.x..rect.right() {
            let at = plane.offset(x, y);
            let (left, top) = (x * PATCH as i32, y * PATCH as i32);
            for pixel in 0..PATCH_PIXELS {
                let (dx, dy) = ((pixel % PATCH) as i32, (pixel / PATCH) as i32);
                for (color, value) in gradient(left + dx, top + dy).into_iter().enumerate() {
                    let at = at + 3 * pixel + color;
                    let inside = (-128 * 16..=127 * 16).contains(&patches.data[at]);
                    plane.data[at] = if inside { value / PATCH_UNITS } else { 0.0 };
                }
            }
        }
    }
    plane
}

fn last(trace: &[Tensor]) -> &Tensor {
    trace.last().expect("a trace begins with the input")
}

fn norms(block: &LatentBlock) -> Vec<f32> {
    block
        .norm
        .iter()
        .map(|&norm| norm as f32 / 65536.0)
        .collect()
}

/// See [`Renderer::curvatures`]: squared lengths of the channels' basis functions, where the linear network begins with a convolution.
fn curvatures<W: Weights>(linear: &Network<W>) -> Vec<f32> {
    let inputs = usize::from(linear.inputs);
    let Some(Layer::Conv(conv)) = linear.layers.first() else {
        return vec![1.0; inputs];
    };
    let unit = 0.5f32.powi(conv.shift.into()) / PATCH_UNITS;
    let mut squares = vec![0.0f32; inputs];
    for (at, weight) in conv.weights.all().enumerate() {
        squares[at % inputs] += (f32::from(weight) * unit).powi(2);
    }
    // A channel of which the linear part makes little is seen through the networks.
    let mean = squares.iter().sum::<f32>() / inputs as f32;
    squares
        .into_iter()
        .map(|square| square.max(mean / 4.0))
        .collect()
}
