//! Saving and loading parameters in the safetensors format, which other engines read. Floor 7.

use super::{format, header};
use crate::element::{Element, precompiled};
use crate::error::{Error, FileErrorKind, ParamErrorKind, Result, Site};
use crate::params::{Clocks, Entry, Kind, Params, Stream, UPDATES, state_name};
use crate::shape::Shape;
use crate::tensor::Tensor;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

/// The prefix of the optimizer's entries.
const STATE: &str = "optimizer.";
/// The only key of the file's metadata. Its value has a line `what=value` for each entry: the format keeps no order
/// among keys, and the same parameters must make the same file.
const METADATA: &str = "gradus";
const STEPS: &str = "steps";
const SEED: &str = "seed";
const DRAWN: &str = "drawn";
const FROZEN: &str = "frozen";
/// The steps of a training, followed by its key.
const CLOCK: &str = "clock";
/// The steps from which a training counts that has no line of its own.
const START: &str = "start";
/// Tells that the names of states hold the optimizer's kind. Files without it are older.
const STATES: &str = "states";
const WITH_KINDS: &str = "2";

/// The functions of files for each element type, compiled in this crate ([`Element::precompiled`]).
pub(crate) struct FilesTable<E> {
    save: fn(&Params<E>, &Path) -> Result<()>,
    save_weights: fn(&Params<E>, &Path) -> Result<()>,
    load: fn(&mut Params<E>, &Path, bool) -> Result<()>,
}

impl<E: Element> FilesTable<E> {
    pub(crate) const NEW: Self =
        FilesTable { save: Params::save_all, save_weights: Params::save_parameters, load: Params::fill };

    fn get() -> &'static Self {
        precompiled::<E, Self>()
    }
}

impl<E: Element> Params<E> {
    /// Saves the parameters with the optimizer's state, the number of steps and the place in the
    /// stream of random numbers, so that a resumed run continues bit for bit.
    ///
    /// Parameters stand under their own names, in PyTorch's layout; states begin with `optimizer.`,
    /// then the kind of the optimizer.
    /// The file is replaced when the new one is whole; a failure leaves it as it was.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("model.safetensors");
    /// let mut params = Params::<f32>::seeded(7);
    /// Linear::new(&mut params, "layer", 3, 2);
    /// params.save(&path)?;
    ///
    /// let mut other = Params::<f32>::seeded(0);
    /// Linear::new(&mut other, "layer", 3, 2);
    /// other.load(&path)?;
    /// assert_eq!(other.get("layer.weight"), params.get("layer.weight"));
    /// # Ok::<(), gradus::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`] with what the system said; [`Error::Param`] if two parameters have one name.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        (FilesTable::get().save)(self, path.as_ref())
    }

    fn save_all(&self, path: &Path) -> Result<()> {
        let (seed, drawn) = (self.stream().seed(), self.stream().place());
        let mut lines =
            vec![format!("{STEPS}={}", self.steps()), format!("{SEED}={seed}"), format!("{DRAWN}={drawn}")];
        lines.push(format!("{STATES}={WITH_KINDS}"));
        lines.push(format!("{START}={}", self.clocks().start()));
        lines.extend(self.clocks().iter().map(|(key, steps)| format!("{CLOCK}={steps}={key}")));
        let frozen = self.entries().iter().filter(|entry| entry.kind == Kind::Frozen);
        lines.extend(frozen.map(|entry| format!("{FROZEN}={}", entry.name)));
        let metadata = HashMap::from([(METADATA.to_string(), lines.join("\n"))]);
        write(path, &mut self.entries().iter(), Some(metadata))
    }

    /// Saves the parameters alone, as PyTorch's `load_state_dict` takes them.
    ///
    /// # Errors
    /// [`Error::Io`] with the system's message; [`Error::Param`] if two parameters have one name.
    pub fn save_weights(&self, path: impl AsRef<Path>) -> Result<()> {
        (FilesTable::get().save_weights)(self, path.as_ref())
    }

    /// Loads everything that [`save`](Params::save) saved into the parameters of the same names. Numbers of another
    /// type are rounded. On an error nothing is changed. In files of before states had their optimizer's kind in
    /// their names, the states are given to the optimizer that reads them.
    ///
    /// A matrix that NumPy has transposed is a view, of which `safetensors.numpy.save_file` writes the bytes behind it
    /// under the transposed shape; no reader can see that. In Python, write `np.ascontiguousarray(W.T)`.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::File`] if the file is damaged or of another format, has a name twice, lacks a
    /// parameter, has one of another shape, or has one that is not here.
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<()> {
        (FilesTable::get().load)(self, path.as_ref(), true)
    }

    /// Loads the parameters alone, and leaves the optimizer's state, the number of steps and the
    /// random numbers as they are. On an error nothing is changed.
    ///
    /// # Errors
    /// As [`load`](Params::load).
    pub fn load_weights(&mut self, path: impl AsRef<Path>) -> Result<()> {
        (FilesTable::get().load)(self, path.as_ref(), false)
    }

    fn save_parameters(&self, path: &Path) -> Result<()> {
        write(path, &mut self.entries().iter().filter(|entry| entry.kind != Kind::State), None)
    }

    fn fill(&mut self, path: &Path, all: bool) -> Result<()> {
        let bytes = read(path)?;
        let (file, metadata) = parse(path, &bytes)?;
        let bad = |kind, problem: String| Error::file(path.display().to_string(), kind, problem);
        let mut unknown: Vec<&str> =
            file.names().into_iter().filter(|name| !name.starts_with(STATE)).collect();
        unknown.retain(|name| self.get(name).is_none() && !self.counts_batches(name));
        unknown.sort_unstable();
        if let Some(first) = unknown.first() {
            let more =
                if unknown.len() > 1 { format!(" (and {} more)", unknown.len() - 1) } else { String::new() };
            return Err(bad(
                FileErrorKind::UnknownParam,
                format!("it holds {first:?}{more}, which these parameters do not have"),
            ));
        }
        let keep = |entry: &&Entry<E>| !all || entry.kind != Kind::State;
        let mut entries: Vec<Entry<E>> = Vec::new();
        for entry in self.entries().iter().filter(keep) {
            let mut entry = entry.clone();
            if entry.kind != Kind::State {
                let found = file
                    .tensor(&entry.name)
                    .map_err(|_| bad(FileErrorKind::MissingParam, format!("it lacks {:?}", &*entry.name)))?;
                let value = tensor(&entry.name, &found).map_err(|(kind, problem)| bad(kind, problem))?;
                if value.shape() != entry.value.shape() {
                    let (found, expected) = (value.shape(), entry.value.shape());
                    let problem = format!("{:?} has shape {found}, but here it has {expected}", &*entry.name);
                    return Err(bad(FileErrorKind::Shape, problem));
                }
                entry.value = value;
            }
            entries.push(entry);
        }
        if !all {
            self.replace(entries);
            return Ok(());
        }
        let lines: Vec<(&str, &str)> = metadata
            .get(METADATA)
            .map(|text| text.lines().filter_map(|line| line.split_once('=')).collect())
            .unwrap_or_default();
        let said = |key: &str| lines.iter().find(|(each, _)| *each == key).map(|(_, text)| *text);
        let whole = |key: &str, text: &str, bits: u32| match text.parse::<u128>() {
            Ok(number) if number <= u128::MAX >> (128 - bits) => Ok(number),
            _ => Err(bad(
                FileErrorKind::Content,
                format!("{key} is {text:?}, not a whole number from 0 and below 2^{bits}"),
            )),
        };
        let number = |key: &str, bits: u32, otherwise: u128| {
            said(key).map_or(Ok(otherwise), |text| whole(key, text, bits))
        };
        let steps = number(STEPS, 64, 0)? as u64;
        // In a file of before trainings had counts of their own, each goes on from all steps.
        let start = number(START, 64, steps.into())? as u64;
        let counts = lines.iter().filter(|(key, _)| *key == CLOCK).map(|(_, text)| {
            let (steps, key) = text.split_once('=').unwrap_or((text, ""));
            Ok((key.into(), whole(CLOCK, steps, 64)? as u64))
        });
        let clocks = Clocks::new(start, counts.collect::<Result<_>>()?);
        let mut states: Vec<(String, TensorView<'_>)> = file.tensors();
        // A parameter may have such a name too.
        states.retain(|(name, _)| name.starts_with(STATE) && self.get(name).is_none());
        let mut loaded: Vec<(String, Tensor<E>)> = Vec::new();
        for (name, view) in &states {
            let value = tensor(name, view).map_err(|(kind, problem)| bad(kind, problem))?;
            loaded.push((name.clone(), value));
        }
        if said(STATES).is_none() {
            self.give_kinds(&mut loaded, steps);
        }
        loaded.sort_by(|a, b| a.0.cmp(&b.0));
        entries.extend(loaded.into_iter().map(|(name, value)| {
            let (name, site) = (name.into(), Site::here());
            Entry { name, site, kind: Kind::State, value }
        }));
        let seed = number(SEED, 64, self.stream().seed().into())? as u64;
        let stream = Stream::resumed(seed, number(DRAWN, 128, self.stream().place())?);
        if !lines.is_empty() {
            for entry in entries.iter_mut().filter(|entry| matches!(entry.kind, Kind::Trained | Kind::Frozen))
            {
                let frozen = lines.contains(&(FROZEN, &*entry.name));
                entry.kind = if frozen { Kind::Frozen } else { Kind::Trained };
            }
        }
        self.replace(entries);
        self.resume(steps, clocks, stream);
        Ok(())
    }

    /// Tells whether this is the count of batches that PyTorch saves beside running statistics, which nothing here reads.
    fn counts_batches(&self, name: &str) -> bool {
        let layer = name.strip_suffix(".num_batches_tracked");
        layer.is_some_and(|layer| self.get(&format!("{layer}.running_mean")).is_some())
    }

    /// Renames the states of a file of before states had their optimizer's kind in their names, and lets the updates of
    /// each parameter be counted on from the number of steps: older files have no other count.
    fn give_kinds(&self, states: &mut Vec<(String, Tensor<E>)>, steps: u64) {
        let known: Vec<String> = states.iter().map(|(name, _)| name.clone()).collect();
        for (param, _) in self.iter() {
            let old = |state: &str| format!("{STATE}{param}.{state}");
            // RMSprop's momentum has a mean square beside it, and had the name of the velocity.
            let momentum = match known.contains(&old("square")) {
                true => ("momentum", "rmsprop", "momentum"),
                false => ("momentum", "sgd", "velocity"),
            };
            let all = [
                ("moment1", "adam", "moment1"),
                ("moment2", "adam", "moment2"),
                ("square", "rmsprop", "square"),
                momentum,
            ];
            for (state, kind, new) in all {
                let (old, new) = (old(state), state_name(kind, param, new));
                // A rule of the user's own, compiled before, may keep a tensor under the old name.
                let own = self.states().any(|(name, _)| name == old);
                if !own
                    && !known.contains(&new)
                    && let Some((name, _)) = states.iter_mut().find(|(name, _)| *name == old)
                {
                    *name = new;
                }
            }
            let (moment, count) = (state_name("adam", param, "moment1"), state_name("adam", param, UPDATES));
            let has = |name: &str| states.iter().any(|(each, _)| each == name);
            if has(&moment) && !has(&count) {
                states.push((count, Tensor::full((), E::from_f64(steps as f64))));
            }
        }
    }
}

/// Writes a file beside the one to be replaced, and replaces that one when it is whole.
fn write<E: Element>(
    path: &Path,
    entries: &mut dyn Iterator<Item = &Entry<E>>,
    metadata: Option<HashMap<String, String>>,
) -> Result<()> {
    let io = |source: std::io::Error| Error::Io { path: path.display().to_string(), source };
    let bad = |problem: String, source: safetensors::SafeTensorError| Error::File {
        path: path.display().to_string(),
        kind: FileErrorKind::Content,
        problem,
        source: Some(source.into()),
    };
    let held: Vec<(&str, Vec<u8>, &Shape)> =
        entries.map(|entry| (&*entry.name, bytes(&entry.value), entry.value.shape())).collect();
    let mut names: Vec<&str> = held.iter().map(|(name, ..)| *name).collect();
    names.sort_unstable();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    // The format's own key.
    let reserved = names.iter().copied().find(|name| *name == "__metadata__");
    if let Some(name) = twice.or(reserved) {
        let (kind, problem) = match twice {
            Some(_) => (ParamErrorKind::Twice, "two have this name, and a file holds only one".into()),
            None => (ParamErrorKind::Name, "a file cannot hold this name".into()),
        };
        return Err(Error::Param { name: name.into(), kind, problem });
    }
    let dtype = if E::DTYPE == "F32" { Dtype::F32 } else { Dtype::F64 };
    let views = held.iter().map(|(name, data, shape)| {
        let view = TensorView::new(dtype, shape.to_vec(), data);
        view.map(|view| (*name, view))
            .map_err(|error| bad(format!("{name:?} cannot be written: {error}"), error))
    });
    let views: Vec<(&str, TensorView<'_>)> = views.collect::<Result<_>>()?;
    let file = safetensors::serialize(views, metadata).map_err(|error| bad(error.to_string(), error))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut beside = new_file(folder).map_err(io)?;
    beside.write_all(&file).map_err(io)?;
    beside.as_file().sync_all().map_err(io)?;
    beside.persist(path).map_err(|error| io(error.error))?;
    Ok(())
}

/// Creates a file with a name of its own, to be renamed when it is whole. It is readable as any new file is, not
/// for the owner alone as a scratch file would be.
#[cfg(unix)]
fn new_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    let all = std::fs::Permissions::from_mode(0o666);
    tempfile::Builder::new().permissions(all).tempfile_in(folder)
}

#[cfg(not(unix))]
fn new_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    tempfile::NamedTempFile::new_in(folder)
}

fn bytes<E: Element>(tensor: &Tensor<E>) -> Vec<u8> {
    match E::DTYPE {
        // Widening to f64 and back is exact.
        "F32" => tensor.iter().flat_map(|x| (x.to_f64() as f32).to_le_bytes()).collect(),
        _ => tensor.iter().flat_map(|x| x.to_f64().to_le_bytes()).collect(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| Error::Io { path: path.display().to_string(), source })
}

/// Returns the tensors and the metadata of a file, after the format's own checks: of the header's length and form,
/// of every offset, and that the tensors fill the file without gap or overlap. That a name stands once is checked
/// here: the crate keeps the last of two that share a range.
fn parse<'a>(path: &Path, bytes: &'a [u8]) -> Result<(SafeTensors<'a>, HashMap<String, String>)> {
    let bad = |error: safetensors::SafeTensorError| match format::known(bytes) {
        Some((format, advice)) => {
            let problem = format!("it is {format}, and safetensors was expected; {advice}");
            Error::file(path.display().to_string(), FileErrorKind::OtherFormat, problem)
        }
        None => Error::File {
            path: path.display().to_string(),
            kind: FileErrorKind::Damaged,
            problem: format!("not a whole safetensors file: {error}"),
            source: Some(error.into()),
        },
    };
    let (length, metadata) = SafeTensors::read_metadata(bytes).map_err(bad)?;
    let file = SafeTensors::deserialize(bytes).map_err(bad)?;
    if let Some(name) = header::repeated(bytes.get(8..8 + length).unwrap_or_default()) {
        let problem = format!(
            "{name:?} stands twice in its header, and a name may stand once; which one is meant cannot be known"
        );
        return Err(Error::file(path.display().to_string(), FileErrorKind::Damaged, problem));
    }
    Ok((file, metadata.metadata().clone().unwrap_or_default()))
}

fn tensor<E: Element>(name: &str, view: &TensorView<'_>) -> Result<Tensor<E>, (FileErrorKind, String)> {
    let data: Vec<E> = match view.dtype() {
        Dtype::F32 => {
            words(view.data()).map(|word| E::from_f64(f64::from(f32::from_le_bytes(word)))).collect()
        }
        Dtype::F64 => words(view.data()).map(|word| E::from_f64(f64::from_le_bytes(word))).collect(),
        Dtype::BF16 => words(view.data())
            .map(|word| E::from_f64(f64::from(f32::from_bits(u32::from(u16::from_le_bytes(word)) << 16))))
            .collect(),
        other => {
            let problem = format!("{name:?} is of type {other:?}; F32, F64 and BF16 are read");
            return Err((FileErrorKind::ElementType, problem));
        }
    };
    Tensor::new(view.shape(), data).map_err(|error| (FileErrorKind::Damaged, format!("{name:?}: {error}")))
}

/// Returns the numbers' bytes, which need not be aligned.
fn words<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    data.chunks_exact(N).filter_map(|word| word.try_into().ok())
}
