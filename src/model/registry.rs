//! The models at hand: a file names the one that it needs by the beginning of its digest.

use std::sync::OnceLock;

use super::loaded::{Digest, Model};
use super::RenderingModel;
use crate::nn::Kernels;
use crate::{Error, Result};

/// A model that is part of this library, loaded when it is first needed.
#[derive(Clone, Copy)]
struct BuiltIn {
    file: &'static vqz_models::ModelFile,
    loaded: &'static OnceLock<Model>,
}

/// All of them, the default one first.
fn built_in() -> impl Iterator<Item = BuiltIn> {
    static LOADED: [OnceLock<Model>; vqz_models::ALL.len()] =
        [const { OnceLock::new() }; vqz_models::ALL.len()];
    let files = vqz_models::ALL.iter().zip(&LOADED);
    files.map(|(file, loaded)| BuiltIn { file, loaded })
}

impl BuiltIn {
    /// The model's digest. It is not computed, since that would take a quarter of the time that a small picture's decoding takes.
    fn digest(self) -> Digest {
        Digest::from_hex(self.file.sha256)
    }

    fn model(self) -> Result<&'static Model> {
        let kernels = Kernels::detect()?;
        Ok(self.loaded.get_or_init(|| {
            Model::built_in(self.file.bytes, self.file.encoder, self.digest(), kernels)
                .expect("tests load built-in models")
        }))
    }
}

/// The renderings that are part of this library, loaded when one is first asked for.
fn built_in_renderings() -> Result<&'static [RenderingModel]> {
    static LOADED: OnceLock<Vec<RenderingModel>> = OnceLock::new();
    Kernels::detect()?;
    Ok(LOADED.get_or_init(|| {
        let files = vqz_models::RENDERINGS.iter();
        files
            .map(|file| RenderingModel::from_bytes(file.bytes).expect("tests load them"))
            .collect()
    }))
}

impl Model {
    /// The default model, which is built into the library and loaded at the first call. What only encoders need of it is built in with the feature
    /// `default-encoder`, and loaded when the first picture is encoded.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the environment variable `VQZ_SIMD` is set to an unknown name; [`Error::Unsupported`] if the library was built
    /// without the feature `default-model`.
    pub fn embedded() -> Result<&'static Self> {
        let first = built_in().next().ok_or_else(|| {
            let what =
                "no model is built in: the crate vqz was built without its feature `default-model`";
            Error::Unsupported(what.into())
        })?;
        first.model()
    }
}

/// Models to decode with, and other renderings of their files.
#[derive(Debug, Clone)]
pub struct Models {
    built_in: bool,
    loaded: Vec<Model>,
    renderings: Vec<RenderingModel>,
}

impl Default for Models {
    /// The models and renderings that are built in; each is loaded when a file needs it.
    fn default() -> Self {
        Self {
            built_in: true,
            loaded: Vec::new(),
            renderings: Vec::new(),
        }
    }
}

impl Models {
    /// No models at all, to begin with.
    #[must_use]
    pub fn none() -> Self {
        Self {
            built_in: false,
            loaded: Vec::new(),
            renderings: Vec::new(),
        }
    }

    /// Adds `model`.
    #[must_use]
    pub fn with(mut self, model: &Model) -> Self {
        self.loaded.push(model.clone());
        self
    }

    /// Adds `rendering`, which gives files of its base model a perceptual rendering; of several for one base model, the last one given is used.
    #[must_use]
    pub fn with_rendering(mut self, rendering: &RenderingModel) -> Self {
        self.renderings.push(rendering.clone());
        self
    }

    /// Digests of all models.
    #[must_use]
    pub fn digests(&self) -> Vec<Digest> {
        let built_in = built_in().filter(|_| self.built_in);
        built_in
            .map(BuiltIn::digest)
            .chain(self.loaded.iter().map(Model::digest))
            .collect()
    }

    /// The model whose digest begins with `digest`.
    ///
    /// # Errors
    /// [`Error::WrongModel`] if there is none, [`Error::Parameter`] as for [`Model::embedded`].
    pub fn find(&self, digest: [u8; 8]) -> Result<Model> {
        if let Some(model) = self.loaded.iter().find(|m| m.digest().short() == digest) {
            return Ok(model.clone());
        }
        let mut built_in = built_in().filter(|_| self.built_in);
        if let Some(model) = built_in.find(|m| m.digest().short() == digest) {
            return model.model().cloned();
        }
        let given: Vec<String> = self.digests().iter().map(ToString::to_string).collect();
        Err(Error::WrongModel {
            needed: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            given: given.join(", "),
        })
    }

    /// The rendering of the files of the model whose digest begins with `digest`, if there is one at hand: one that was given, or a built-in one.
    #[must_use]
    pub fn rendering(&self, digest: [u8; 8]) -> Option<&RenderingModel> {
        let mut renderings = self.renderings().ok()?;
        renderings.find(|rendering| rendering.base().short() == digest)
    }

    /// The same for a model.
    ///
    /// # Errors
    /// [`Error::NoRendering`] if there is none, [`Error::Parameter`] as for [`Model::embedded`].
    pub(crate) fn rendering_of(&self, model: &Model) -> Result<&RenderingModel> {
        let found = self.renderings()?.find(|r| r.base() == model.digest());
        if let Some(rendering) = found {
            return Ok(rendering);
        }
        let given = self.renderings()?.map(|r| r.base().to_string());
        let given: Vec<String> = given.collect();
        Err(Error::NoRendering {
            model: model.digest().to_string(),
            given: match given.is_empty() {
                true => "none".into(),
                false => given.join(", "),
            },
        })
    }

    /// All renderings, the last one given first.
    fn renderings(&self) -> Result<impl Iterator<Item = &RenderingModel>> {
        let built_in = match self.built_in {
            true => built_in_renderings()?,
            false => &[],
        };
        Ok(self.renderings.iter().rev().chain(built_in))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_models_are_what_their_digests_say() {
        for built_in in built_in() {
            let encoder = built_in.file.encoder.unwrap_or_default();
            let loaded = Model::from_bytes(&[built_in.file.bytes, encoder].concat()).unwrap();
            let model = built_in.model().unwrap();
            assert_eq!(
                model.digest(),
                loaded.digest(),
                "run scripts/bless.sh after a new built-in model"
            );
            assert_eq!(model.complexity(), loaded.complexity());
        }
    }

    #[test]
    fn built_in_renderings_are_of_built_in_models_and_what_their_digests_say() {
        let models: Vec<Digest> = built_in().map(BuiltIn::digest).collect();
        let renderings = built_in_renderings().unwrap();
        for (rendering, file) in renderings.iter().zip(vqz_models::RENDERINGS) {
            let expected = Digest::from_hex(file.sha256);
            assert_eq!(
                rendering.digest(),
                expected,
                "run scripts/bless.sh after a new rendering"
            );
            assert!(models.contains(&rendering.base()), "it is of another model");
        }
    }

    #[test]
    fn models_are_found_by_digest() {
        let tiny = crate::testing::tiny(1).to_bytes().unwrap();
        let tiny = Model::from_bytes(&tiny).unwrap();
        let embedded = Model::embedded().unwrap();
        let both = Models::default().with(&tiny);
        for model in [&tiny, embedded] {
            let found = both.find(model.digest().short()).unwrap();
            assert_eq!(found.digest(), model.digest());
        }
        let error = Models::none().with(&tiny).find(embedded.digest().short());
        assert!(
            matches!(error, Err(Error::WrongModel { given, .. }) if given == tiny.digest().to_string())
        );
    }
}
