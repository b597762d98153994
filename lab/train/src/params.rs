//! Named trainable tensors with their Adam state and moving average.

use anyhow::{bail, Result};
use tch::{Device, Kind, Tensor};

use crate::config::Recipe;
use crate::muon;

/// Decay of Muon's momentum, which is Nesterov's.
const MUON_MOMENTUM: f64 = 0.95;

/// Learning-rate group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Group {
    /// Convolutions.
    Network,
    /// The linear transforms (entries near 0.04): a smaller rate.
    Linear,
    /// Gains, priors, codebooks: few numbers of size 1.
    Table,
}

impl Group {
    fn scale(self) -> f64 {
        match self {
            Self::Network => 1.0,
            Self::Linear => 0.02,
            Self::Table => 2.0,
        }
    }
}

/// How parameters move.
pub(crate) struct Update {
    /// Adam's learning rate.
    pub rate: f64,
    /// Largest gradient norm.
    pub clip: f64,
    /// Decay of the moving average.
    pub average: f64,
    /// In place of Adam for the weights of convolutions that mix channels.
    pub muon: Option<Muon>,
}

/// See [`crate::Recipe`].
#[derive(Clone, Copy)]
pub(crate) struct Muon {
    /// In units of Adam's.
    pub rate: f64,
    /// Steps from one update to the next.
    pub every: u64,
    /// What directions are computed in; bfloat16 is enough.
    pub kind: Kind,
}

struct Param {
    name: String,
    group: Group,
    value: Tensor,
    first: Tensor,
    second: Tensor,
    average: Tensor,
}

impl Param {
    /// Whether it is the weight of a convolution that mixes channels.
    fn is_matrix(&self) -> bool {
        self.group == Group::Network && self.value.dim() == 4 && self.value.size()[1] > 1
    }
}

/// Handle of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Id(usize);

/// All parameters of a model.
pub(crate) struct Params {
    list: Vec<Param>,
    device: Device,
    /// Forward passes read the moving average instead of the value.
    averaged: bool,
    /// Decay of Adam's first moment.
    momentum: f64,
}

impl Params {
    pub fn new(device: Device) -> Self {
        Self {
            list: Vec::new(),
            device,
            averaged: false,
            momentum: 0.9,
        }
    }

    /// Nothing yet, for an Adam whose first moment decays so.
    pub fn with_momentum(device: Device, momentum: f64) -> Self {
        Self {
            momentum,
            ..Self::new(device)
        }
    }

    /// The same parameters: gradients gather in one place.
    pub fn share(&self) -> Self {
        let share = |p: &Param| Param {
            name: p.name.clone(),
            group: p.group,
            value: p.value.shallow_clone(),
            first: p.first.shallow_clone(),
            second: p.second.shallow_clone(),
            average: p.average.shallow_clone(),
        };
        Self {
            list: self.list.iter().map(share).collect(),
            ..*self
        }
    }

    pub fn device(&self) -> Device {
        self.device
    }

    pub fn add(&mut self, name: String, group: Group, initial: &Tensor) -> Id {
        let value = initial.to_kind(Kind::Float).to_device(self.device).copy();
        self.list.push(Param {
            name,
            group,
            first: value.zeros_like(),
            second: value.zeros_like(),
            average: value.copy(),
            value: value.set_requires_grad(true),
        });
        Id(self.list.len() - 1)
    }

    pub fn get(&self, id: Id) -> &Tensor {
        let p = &self.list[id.0];
        if self.averaged {
            &p.average
        } else {
            &p.value
        }
    }

    /// Chooses what forward passes read.
    pub fn use_average(&mut self, on: bool) {
        self.averaged = on;
    }

    /// Overwrites a parameter (and its average) in place, outside of training.
    pub fn set(&mut self, id: Id, to: &Tensor) {
        tch::no_grad(|| {
            let p = &mut self.list[id.0];
            p.value.copy_(to);
            p.average.copy_(to);
        });
    }

    /// For each output of a convolution's weight whether its momentum has faded to nothing: no gradient for some hundreds of steps. `[outputs]`, boolean.
    pub fn faded(&self, id: Id) -> Tensor {
        const FADED: f64 = 1e-9;
        let momentum = &self.list[id.0].first;
        let rows = momentum.reshape([momentum.size()[0], -1]);
        rows.abs().amax([1], false).lt(FADED)
    }

    /// Overwrites a parameter (and its average) where `mask`, which is broadcast, is true; the optimiser forgets what it knew there.
    pub fn replace(&mut self, id: Id, mask: &Tensor, with: &Tensor) {
        tch::no_grad(|| {
            let p = &mut self.list[id.0];
            let keep = mask.logical_not();
            for tensor in [&mut p.value, &mut p.average] {
                let merged = with.where_self(mask, &*tensor);
                tensor.copy_(&merged);
            }
            for tensor in [&mut p.first, &mut p.second] {
                let kept = &*tensor * &keep;
                tensor.copy_(&kept);
            }
        });
    }

    /// From here on only the parameters stay trainable whose names `keep` accepts; the others get no gradient, and nothing moves them.
    pub fn freeze(&mut self, keep: impl Fn(&str) -> bool) {
        for p in &mut self.list {
            if !keep(&p.name) {
                p.value = p.value.set_requires_grad(false);
            }
        }
    }

    /// Whether a parameter is trained.
    pub fn is_trained(&self, id: Id) -> bool {
        self.list[id.0].value.requires_grad()
    }

    pub fn zero_grad(&mut self) {
        for p in &mut self.list {
            p.value.zero_grad();
        }
    }

    /// One step of [`Self::update_by`], as a recipe has it.
    pub fn update(&mut self, rate: f64, step: u64, recipe: &Recipe) -> f64 {
        let muon = recipe.muon.then_some(Muon {
            rate: recipe.muon_rate,
            every: recipe.muon_every,
            kind: recipe.kind(),
        });
        self.update_by(
            &Update {
                rate,
                clip: recipe.clip,
                average: recipe.average,
                muon,
            },
            step,
        )
    }

    /// One step of Adam, or with `muon` of Muon for the convolutions' weights, with global gradient-norm clipping; returns the norm
    /// before clipping. `step` counts from 0.
    ///
    /// With `muon.every` k those weights stay for k − 1 steps, while their momentum gathers gradients, and then move k times as far: most
    /// of Muon's time goes into its direction, which a momentum of twenty steps changes slowly.
    pub fn update_by(&mut self, update: &Update, step: u64) -> f64 {
        let rate = update.rate;
        tch::no_grad(|| {
            let squares: Vec<Tensor> = self
                .list
                .iter()
                .filter(|p| p.value.grad().defined())
                .map(|p| p.value.grad().square().sum(Kind::Float))
                .collect();
            let norm = Tensor::stack(&squares, 0)
                .sum(Kind::Double)
                .double_value(&[])
                .sqrt();
            if !norm.is_finite() {
                return norm;
            }
            let scale = (update.clip / norm).min(1.0);
            let (b1, b2, t) = (self.momentum, 0.99f64, step as f64 + 1.0);
            let correct1 = 1.0 - b1.powf(t);
            let correct2 = 1.0 - b2.powf(t);
            for p in &mut self.list {
                let grad = p.value.grad();
                if !grad.defined() {
                    continue;
                }
                let grad = grad * scale;
                let moved = if let Some(muon) = update.muon.filter(|_| p.is_matrix()) {
                    let _ = p.first.lerp_(&grad, 1.0 - MUON_MOMENTUM);
                    (step + 1).is_multiple_of(muon.every).then(|| {
                        muon::direction(&grad.lerp(&p.first, MUON_MOMENTUM), muon.kind)
                            * (-rate * muon.rate * muon.every as f64)
                    })
                } else {
                    let _ = p.first.lerp_(&grad, 1.0 - b1);
                    let _ = p.second.g_mul_scalar_(b2);
                    let _ = p.second.addcmul_(&(&grad * (1.0 - b2)), &grad);
                    let denominator = (&p.second / correct2).sqrt_().g_add_scalar_(1e-8);
                    Some((&p.first / denominator).g_mul_scalar_(-rate * p.group.scale() / correct1))
                };
                if let Some(moved) = moved {
                    let _ = p.value.g_add_(&moved);
                }
                let _ = p
                    .average
                    .lerp_(&p.value, 1.0 - update.average.min(t / (t + 10.0)));
            }
            norm
        })
    }

    /// Everything needed to go on exactly, as named tensors.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let mut out = Vec::new();
        for p in &self.list {
            for (kind, tensor) in [
                ("value", &p.value),
                ("first", &p.first),
                ("second", &p.second),
                ("average", &p.average),
            ] {
                out.push((
                    format!("{kind}/{}", p.name),
                    tensor.detach().to_device(Device::Cpu).contiguous(),
                ));
            }
        }
        out
    }

    /// The inverse of [`Params::state`]: every name and shape must be there.
    pub fn load(&mut self, state: &std::collections::HashMap<String, Tensor>) -> Result<()> {
        tch::no_grad(|| {
            for p in &mut self.list {
                for (kind, tensor) in [
                    ("value", &mut p.value),
                    ("first", &mut p.first),
                    ("second", &mut p.second),
                    ("average", &mut p.average),
                ] {
                    let name = format!("{kind}/{}", p.name);
                    let Some(saved) = state.get(&name) else {
                        bail!("checkpoint lacks {name}");
                    };
                    if saved.size() != tensor.size() {
                        bail!(
                            "{name} is {:?} in the checkpoint, {:?} expected",
                            saved.size(),
                            tensor.size()
                        );
                    }
                    tensor.copy_(saved);
                }
            }
            Ok(())
        })
    }
}
