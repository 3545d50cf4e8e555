//! Saved parameters come back bit for bit, in a layout that other engines read; a file that is not
//! whole is refused, and changes nothing.

use gradus::prelude::*;
use rand::Rng;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::{TempDir, tempdir};

/// A layer of two outputs and three inputs.
fn layer<E: Element>(seed: u64) -> Params<E> {
    let mut params = Params::seeded(seed);
    Linear::new(&mut params, "layer", 3, 2);
    params
}

/// The same after two steps of Adam, so that there are states and a count of steps.
fn trained<E: Element>(seed: u64) -> Params<E> {
    let mut params = Params::seeded(seed);
    let layer = Linear::new(&mut params, "layer", 3, 2);
    let g = Graph::new();
    let x = g.input("x", [1, 3]);
    let loss = layer.forward(x).square().sum(..);
    let mut step = g.train(loss, Adam::new(0.1), &mut params).expect("it compiles");
    let one = Tensor::full([1, 3], E::from_f64(0.7));
    for _ in 0..2 {
        step.run(&mut params, [(x, &one)]).expect("it runs");
    }
    params
}

/// Everything that can be seen of a store but which parameters are frozen.
fn fingerprint<E: Element>(params: &Params<E>) -> String {
    let bits = |(name, value): (&str, &Tensor<E>)| {
        let bits: Vec<u64> = value.iter().map(|x| x.to_f64().to_bits()).collect();
        format!("{name} {} {bits:?}", value.shape())
    };
    let (held, mut states): (Vec<_>, Vec<_>) =
        (params.iter().map(bits).collect(), params.states().map(bits).collect());
    states.sort(); // they are found by name, in whatever order
    let mut copy = params.clone();
    let stream = (copy.rng().seed(), copy.rng().drawn(), copy.rng().next_u64());
    format!("{held:?} {states:?} {} {stream:?}", params.steps())
}

fn at(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

/// The header's text and the numbers' bytes, read by hand as the format's page has it.
fn parts(path: &Path) -> (String, Vec<u8>) {
    let bytes = fs::read(path).expect("the file is there");
    let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    (String::from_utf8(bytes[8..8 + length].to_vec()).expect("text"), bytes[8 + length..].to_vec())
}

/// A file by hand.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(std::iter::repeat_n(0, data));
    bytes
}

fn entry(name: &str, dtype: &str, shape: &str, from: u64, to: u64) -> String {
    format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{from},{to}]}}"#)
}

/// Loads bytes that are refused; gives the message.
fn refused(bytes: &[u8]) -> String {
    let folder = tempdir().expect("a folder");
    let path = at(&folder, "hand.safetensors");
    fs::write(&path, bytes).expect("written");
    let mut params = trained::<f32>(1);
    let before = fingerprint(&params);
    let mut messages = Vec::new();
    for all in [true, false] {
        let loaded = if all { params.load(&path) } else { params.load_weights(&path) };
        let error = loaded.expect_err("it is refused");
        assert!(matches!(error, Error::File { .. }), "{error}");
        let message = error.to_string();
        assert!(message.starts_with(&path.display().to_string()), "{message}");
        assert_eq!(fingerprint(&params), before, "{message}");
        messages.push(message);
    }
    assert_eq!(messages[0], messages[1]);
    messages.swap_remove(0)
}

fn round_trip<E: Element>() {
    let folder = tempdir().expect("a folder");
    let path = at(&folder, "model.safetensors");
    let mut params = trained::<E>(7);
    let strange = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e-45, 0.1];
    let strange = Tensor::new([2, 3], strange.map(E::from_f64).to_vec()).expect("six");
    params.set("layer.weight", strange).expect("it fits");
    params.save(&path).expect("saved");
    let mut other = layer::<E>(8);
    other.load(&path).expect("loaded");
    assert_eq!(fingerprint(&other), fingerprint(&params));
}

#[test]
fn numbers_states_steps_and_the_stream_come_back_bit_for_bit() {
    round_trip::<f32>();
    round_trip::<f64>();
}

#[test]
fn numbers_of_another_type_are_rounded_and_widening_loses_nothing() {
    let folder = tempdir().expect("a folder");
    let (narrow, wide) = (at(&folder, "f32"), at(&folder, "f64"));
    let single = trained::<f32>(7);
    single.save(&narrow).expect("saved");
    let mut double = layer::<f64>(0);
    double.load(&narrow).expect("loaded");
    assert_eq!(fingerprint(&double), fingerprint(&single.cast::<f64>()));
    double.save(&wide).expect("saved");
    let mut back = layer::<f32>(0);
    back.load(&wide).expect("loaded");
    assert_eq!(fingerprint(&back), fingerprint(&single));

    let double = trained::<f64>(7);
    double.save(&wide).expect("saved");
    back.load(&wide).expect("loaded");
    assert_eq!(fingerprint(&back), fingerprint(&double.cast::<f32>()));
}

#[test]
fn the_file_has_pytorchs_names_and_layout() {
    let folder = tempdir().expect("a folder");
    let path = at(&folder, "model.safetensors");
    let params = layer::<f32>(7);
    params.save_weights(&path).expect("saved");
    let (header, data) = parts(&path);
    let find = |name: &str, shape: &str, size: usize| {
        let start = header.find(&format!(r#""{name}":{{"#)).expect("the name");
        let text = &header[start..start + header[start..].find('}').expect("its end")];
        assert!(text.contains(r#""dtype":"F32""#) && text.contains(&format!(r#""shape":{shape}"#)), "{text}");
        let offsets = text.split("[").last().expect("offsets").trim_end_matches([']', '}']);
        let offsets: Vec<usize> = offsets.split(',').map(|n| n.parse().expect("a number")).collect();
        assert_eq!(offsets[1] - offsets[0], 4 * size);
        let words = data[offsets[0]..offsets[1]].chunks(4);
        words.map(|w| f32::from_le_bytes(w.try_into().expect("four"))).collect::<Vec<f32>>()
    };
    assert_eq!(find("layer.weight", "[2,3]", 6), params.get("layer.weight").expect("there").data());
    assert_eq!(find("layer.bias", "[2]", 2), params.get("layer.bias").expect("there").data());
}

#[test]
fn weights_alone_hold_no_state_and_load_without_touching_any() {
    let folder = tempdir().expect("a folder");
    let (whole, alone) = (at(&folder, "whole"), at(&folder, "alone"));
    let params = trained::<f32>(7);
    params.save(&whole).expect("saved");
    params.save_weights(&alone).expect("saved");
    assert!(parts(&whole).0.contains("optimizer.adam.layer.weight.moment1"));
    let header = parts(&alone).0;
    assert!(!header.contains("optimizer") && !header.contains("gradus"), "{header}");
    for path in [&whole, &alone] {
        let mut other = trained::<f32>(9);
        let states: Vec<_> = other.states().map(|(name, value)| (name.to_string(), value.clone())).collect();
        let mut stream = other.rng().clone();
        other.load_weights(path).expect("loaded");
        assert!(other.iter().eq(params.iter()));
        assert!(other.states().map(|(name, value)| (name.to_string(), value.clone())).eq(states));
        assert_eq!((other.steps(), other.rng().next_u64()), (2, stream.next_u64()));
    }
}

#[test]
fn a_frozen_parameter_is_frozen_when_it_comes_back() {
    let folder = tempdir().expect("a folder");
    let path = at(&folder, "model.safetensors");
    let mut params = layer::<f32>(7);
    params.freeze("layer.bias", true).expect("it is there");
    params.save(&path).expect("saved");
    let mut other = layer::<f32>(8);
    other.freeze("layer.weight", true).expect("it is there");
    other.load(&path).expect("loaded");
    let again = at(&folder, "again");
    other.save(&again).expect("saved");
    let header = parts(&again).0;
    assert!(header.contains("frozen=layer.bias") && !header.contains("frozen=layer.weight"), "{header}");
}

#[test]
fn the_same_parameters_make_the_same_file() {
    let folder = tempdir().expect("a folder");
    let (params, path) = (trained::<f32>(7), at(&folder, "model.safetensors"));
    params.save(&path).expect("saved");
    let first = fs::read(&path).expect("read");
    for _ in 0..8 {
        params.save(&path).expect("saved");
        assert!(fs::read(&path).expect("read") == first, "{}", parts(&path).0);
    }
}

#[test]
fn a_parameter_whose_name_looks_like_a_state_is_still_a_parameter() {
    let folder = tempdir().expect("a folder");
    let path = at(&folder, "model.safetensors");
    let make = |value: f32| {
        let mut params = Params::<f32>::seeded(0);
        params.add("optimizer.scale", tensor![value]);
        params
    };
    make(3.0).save(&path).expect("saved");
    let mut other = make(0.0);
    other.load(&path).expect("loaded");
    assert_eq!(fingerprint(&other), fingerprint(&make(3.0)));
}

#[test]
fn names_that_a_file_cannot_hold_are_refused_before_it_is_touched() {
    let folder = tempdir().expect("a folder");
    let path = at(&folder, "model.safetensors");
    fs::write(&path, "old").expect("written");
    for names in [["twice", "twice"], ["first", "__metadata__"]] {
        let mut params = Params::<f32>::seeded(0);
        names.iter().for_each(|name| drop(params.add(*name, tensor![1.0])));
        for saved in [params.save(&path), params.save_weights(&path)] {
            let message = saved.expect_err("it is refused").to_string();
            assert!(message.contains(names[1]), "{message}");
        }
        assert_eq!(fs::read(&path).expect("read"), b"old");
    }
}

#[test]
fn a_missing_an_extra_a_misshapen_and_a_foreign_tensor_are_named() {
    let weight = entry("layer.weight", "F32", "[2,3]", 0, 24);
    let bias = entry("layer.bias", "F32", "[2]", 24, 32);
    let refuse = |entries: &[&str], size| refused(&file(&format!("{{{}}}", entries.join(",")), size));
    let message = refuse(&[&weight], 24);
    assert!(message.ends_with(r#"it lacks "layer.bias""#), "{message}");
    let more = entry("more", "F32", "[1]", 32, 36);
    let message = refuse(&[&weight, &bias, &more], 36);
    assert!(message.ends_with(r#"it holds "more", which these parameters do not have"#), "{message}");
    let turned = entry("layer.weight", "F32", "[3,2]", 0, 24);
    let message = refuse(&[&turned, &bias], 32);
    assert!(message.ends_with(r#""layer.weight" has shape [3, 2], but here it has [2, 3]"#), "{message}");
    for (dtype, size) in [("I32", 4), ("F16", 2), ("U8", 1), ("BOOL", 1), ("I64", 8)] {
        let foreign = entry("layer.bias", dtype, "[2]", 24, 24 + 2 * size);
        let message = refuse(&[&weight, &foreign], 24 + 2 * size as usize);
        assert!(message.contains(&format!(r#""layer.bias" is of type {dtype}"#)), "{message}");
    }
}

#[test]
fn shapes_that_overflow_offsets_that_overlap_and_names_that_repeat_are_refused() {
    let weight = entry("layer.weight", "F32", "[2,3]", 0, 24);
    let refuse = |entries: &[&str], size| refused(&file(&format!("{{{}}}", entries.join(",")), size));
    let huge = entry("layer.bias", "F32", "[4294967296,4294967296,2]", 24, 32);
    refuse(&[&weight, &huge], 32);
    let max = entry("layer.bias", "F32", &format!("[{}]", u64::MAX), 24, 32);
    refuse(&[&weight, &max], 32);
    refuse(&[&weight, &entry("layer.bias", "F32", "[2]", 16, 24)], 24); // overlaps
    refuse(&[&weight, &entry("layer.bias", "F32", "[2]", 28, 36)], 36); // leaves a gap
    refuse(&[&weight, &entry("layer.bias", "F32", "[2]", 32, 24)], 32); // runs backward
    refuse(&[&weight, &entry("layer.bias", "F32", "[2]", 24, u64::MAX)], 32);
    refuse(&[&weight, &entry("layer.bias", "F32", "[2]", 24, 32)], 40); // bytes that are no one's
    refuse(&[&weight, &entry("layer.bias", "F32", "[-2]", 24, 32)], 32);
    let bias = entry("layer.bias", "F32", "[2]", 24, 32);
    refuse(&[&weight, &bias, &entry("layer.bias", "F32", "[2]", 32, 40)], 40);
}

#[test]
fn a_name_that_stands_twice_is_refused_by_name() {
    let refuse = |entries: &[&str], size| refused(&file(&format!("{{{}}}", entries.join(",")), size));
    let (weight, bias) =
        (entry("layer.weight", "F32", "[2,3]", 0, 24), entry("layer.bias", "F32", "[2]", 24, 32));
    // Over one range, the crate keeps the last: also with another shape or type.
    for again in [
        entry("layer.weight", "F32", "[2,3]", 0, 24),
        entry("layer.weight", "F32", "[3,2]", 0, 24),
        entry("layer.weight", "F64", "[3]", 0, 24),
        entry("layer.\\u0077eight", "F32", "[6]", 0, 24),
    ] {
        for entries in [[&weight, &bias, &again], [&again, &weight, &bias], [&weight, &again, &bias]] {
            let message = refuse(&entries.map(|each| each.as_str()), 32);
            assert!(message.contains("\"layer.weight\" stands twice"), "{message}");
        }
    }
    let none = entry("none", "F32", "[0]", 32, 32);
    let message = refuse(&[&weight, &bias, &none, &none], 32);
    assert!(message.contains("\"none\" stands twice"), "{message}");
    let metadata = r#""__metadata__":{"gradus":"steps=1","gradus":"steps=2"}"#;
    let message = refuse(&[metadata, &weight, &bias], 32);
    assert!(message.contains("\"gradus\" stands twice"), "{message}");
}

#[test]
fn a_file_of_another_format_is_told_by_the_name_of_the_format() {
    for (bytes, words) in [
        (&b"\x93NUMPY\x01\0v\0{'descr': '<f4', 'fortran_order': False"[..], "a NumPy array (.npy)"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01", "gzip, and safetensors was expected; unpack it first"),
        (
            b"PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0e\0\0\0model/data.pkl",
            "`torch.load`",
        ),
        (b"GGUF\x03\0\0\0\0\0\0\0\0\0", "GGUF"),
        (b"\x89HDF\r\n\x1a\n\0\0\0", "HDF5"),
        (b"\x08\x0a\x12\x07pytorch", "ONNX"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"<html><body>Not found</body></html>", "a web page"),
        (b"", "it is empty"),
    ] {
        let message = refused(bytes);
        assert!(message.contains(words), "{message}");
    }
    let folder = tempdir().expect("a folder");
    let path = at(&folder, "model.npy");
    fs::write(&path, b"\x93NUMPY\x01\0v\0{").expect("written");
    let error = layer::<f32>(0).load(&path).expect_err("it is refused");
    let kind = gradus::error::FileErrorKind::OtherFormat;
    assert!(matches!(&error, Error::File { kind: found, .. } if *found == kind), "{error}");
}

#[test]
fn a_file_that_ends_early_is_refused_at_every_length() {
    let folder = tempdir().expect("a folder");
    let path = at(&folder, "model.safetensors");
    let params = trained::<f32>(7);
    params.save(&path).expect("saved");
    let whole = fs::read(&path).expect("read");
    let mut other = trained::<f32>(1);
    let before = fingerprint(&other);
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).expect("written");
        let error = other.load(&path).expect_err("it is refused");
        assert!(matches!(error, Error::File { .. }), "{length}: {error}");
        assert_eq!(fingerprint(&other), before, "{length}");
    }
}

#[test]
fn a_damaged_header_loads_or_is_refused_and_never_half() {
    let folder = tempdir().expect("a folder");
    let path = at(&folder, "model.safetensors");
    let params = trained::<f32>(7);
    params.save(&path).expect("saved");
    let whole = fs::read(&path).expect("read");
    let end = whole.len() - parts(&path).1.len();
    let start = trained::<f32>(1);
    let before = fingerprint(&start);
    let mut refusals = 0;
    for place in 0..end {
        for flip in [0x01, 0x02, 0x10, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[place] ^= flip;
            fs::write(&path, &bytes).expect("written");
            let mut other = start.clone();
            match other.load(&path) {
                // The numbers themselves are undamaged.
                Ok(()) => assert!(other.iter().eq(params.iter()), "{place} {flip}"),
                Err(error) => {
                    refusals += 1;
                    assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
                    assert_eq!(fingerprint(&other), before, "{place} {flip}");
                }
            }
        }
    }
    assert!(refusals > end, "{refusals} of {}", 5 * end);
}

#[test]
fn a_header_longer_than_the_file_is_refused_without_making_room_for_it() {
    for length in [u64::MAX, u64::MAX - 7, 1 << 63, 1 << 40, 1000] {
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend(b"{}");
        refused(&bytes);
    }
    refused(&[]);
    refused(&file("", 0));
    refused(&file("[]", 0));
    refused(&file("{", 0));
    refused(&file(&"[".repeat(10_000), 0));
    refused(&file("{}", 0)); // it is whole, but lacks the parameters
}

#[test]
fn what_cannot_be_opened_is_told_by_its_path() {
    let folder = tempdir().expect("a folder");
    for path in [folder.path().to_path_buf(), at(&folder, "absent")] {
        let mut params = trained::<f32>(1);
        let before = fingerprint(&params);
        let error = params.load(&path).expect_err("there is no such file");
        assert!(matches!(error, Error::Io { .. }), "{error}");
        assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
        assert_eq!(fingerprint(&params), before);
    }
}

#[test]
fn a_save_that_fails_leaves_the_old_file_and_nothing_else() {
    let folder = tempdir().expect("a folder");
    let (old, inner) = (at(&folder, "old"), at(&folder, "inner"));
    let params = layer::<f32>(7);
    params.save(&old).expect("saved");
    fs::create_dir(&inner).expect("made");
    let bytes = fs::read(&old).expect("read");
    let targets = [at(&folder, "absent").join("model"), old.join("model"), inner.clone()];
    for path in targets {
        for saved in [trained::<f32>(1).save(&path), trained::<f32>(1).save_weights(&path)] {
            let error = saved.expect_err("it cannot be written");
            assert!(matches!(error, Error::Io { .. }), "{error}");
            assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
        }
        assert_eq!(fs::read(&old).expect("read"), bytes);
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).expect("listed").map(|e| e.expect("an entry").path()).collect();
        left.sort();
        assert_eq!(left, [inner.clone(), old.clone()]);
        assert_eq!(fs::read_dir(&inner).expect("listed").count(), 0);
    }
}

#[test]
fn a_save_replaces_a_longer_file_whole() {
    let folder = tempdir().expect("a folder");
    let path = at(&folder, "model.safetensors");
    fs::write(&path, vec![b'x'; 100_000]).expect("written");
    let params = layer::<f32>(7);
    params.save(&path).expect("saved");
    let mut other = layer::<f32>(8);
    other.load(&path).expect("loaded");
    assert!(other.iter().eq(params.iter()));
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
}

/// The file of trained parameters, with other words in its metadata.
fn with_metadata(params: &Params<f32>, from: &str, to: &str) -> Vec<u8> {
    let folder = tempdir().expect("a folder");
    let path = at(&folder, "model.safetensors");
    params.save(&path).expect("saved");
    let (header, data) = parts(&path);
    assert_eq!(header.matches(from).count(), 1, "{header}");
    let header = header.replace(from, to);
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

fn loaded(params: &mut Params<f32>, bytes: &[u8]) -> gradus::Result<()> {
    let folder = tempdir().expect("a folder");
    let path = at(&folder, "hand.safetensors");
    fs::write(&path, bytes).expect("written");
    params.load(&path)
}

#[test]
fn at_the_end_of_the_count_of_steps_a_training_stops_and_changes_nothing() {
    let end = format!("steps={}", u64::MAX);
    for last in [0, 1] {
        let mut params = trained::<f32>(1);
        let steps = format!("steps={}", u64::MAX - last);
        let bytes = with_metadata(&params, "steps=2", &steps);
        loaded(&mut params, &bytes).expect("it is a number");
        let g = Graph::new();
        let x = g.input("x", [1, 3]);
        let affine = Linear::new(&mut Params::<f32>::seeded(1), "layer", 3, 2);
        let loss = affine.forward(x).tanh().sum(..);
        let rate = |step: u64| 1.0 / (step + 1) as f64; // without an end of its own
        let one = Tensor::full([1, 3], 0.7);
        let mut steps = [
            g.train(loss, Adam::new(0.1), &mut params).expect("it compiles"),
            g.train(loss, AdamW::new(WarmUp::new(u64::MAX, 0.1)), &mut params).expect("it compiles"),
            g.train(loss, Sgd::new(StepDecay::new(0.1, 0.5, 1)).momentum(0.9), &mut params)
                .expect("it compiles"),
            g.train(loss, RmsProp::new(Cosine::new(0.1, u64::MAX)), &mut params).expect("it compiles"),
            g.train(loss, Sgd::new(rate), &mut params).expect("it compiles"),
        ];
        for step in &mut steps {
            let mut params = params.clone();
            if last == 1 {
                step.run(&mut params, [(x, &one)]).expect("one step is left");
                assert!(params.iter().all(|(_, x)| x.iter().all(|x| x.is_finite())));
            }
            let before = fingerprint(&params);
            let error = step.run(&mut params, [(x, &one)]).expect_err("none is left").to_string();
            assert!(error.contains(&format!("tests/all/safetensors.rs:{}:", line!() - 1)), "{error}");
            assert!(error.starts_with("the parameters have taken 18446744073709551615 steps"), "{error}");
            assert_eq!((fingerprint(&params), params.steps()), (before, u64::MAX));
        }
        let mut watched = g.train(loss, Adam::new(0.1), &mut params).expect("it compiles");
        watched.watch(loss, u64::MAX).expect("it is watched");
        let mut traced =
            gradus::trace_training(Adam::new(0.1), |at| vec![affine.forward(at.input("x")).sum(..)]);
        if last == 0 {
            let before = fingerprint(&params);
            assert!(watched.run(&mut params, [(x, &one)]).is_err());
            assert!(traced.run(&mut params, [feed("x", &one)]).is_err());
            assert_eq!(fingerprint(&params), before);
            // It goes on where it was, at the end, and what is advised helps.
            let whole = with_metadata(&params, &end, &end);
            let mut others = layer::<f32>(3);
            loaded(&mut others, &whole).expect("loaded");
            assert_eq!(others.steps(), u64::MAX);
            let folder = tempdir().expect("a folder");
            params.save(at(&folder, "model.safetensors")).expect("saved");
            let mut others = layer::<f32>(3);
            others.load_weights(at(&folder, "model.safetensors")).expect("loaded");
            traced.run(&mut others, [feed("x", &one)]).expect("it runs");
            assert_eq!(others.steps(), 1);
        }
    }
}

#[test]
fn counters_that_are_no_numbers_or_too_large_are_refused() {
    let mut params = trained::<f32>(1);
    let before = fingerprint(&params);
    for (line, bits) in [("steps=2", 64), ("seed=1", 64), ("drawn=", 128)] {
        let key = line.split('=').next().expect("a key");
        let line = if key == "drawn" { format!("drawn={}", params.rng().drawn()) } else { line.into() };
        for text in
            ["", "-1", "1.5", "1e3", "18446744073709551616", "340282366920938463463374607431768211456"]
        {
            if text.len() == 20 && bits == 128 {
                continue; // a stream counts on
            }
            let bytes = with_metadata(&params, &line, &format!("{key}={text}"));
            let error = loaded(&mut params, &bytes).expect_err("it is refused").to_string();
            let expected = format!("{key} is {text:?}, not a whole number from 0 and below 2^{bits}");
            assert!(error.ends_with(&expected), "{error}");
            assert_eq!(fingerprint(&params), before, "{text}");
        }
    }
}

#[test]
fn a_stream_that_has_drawn_more_than_64_bits_count_goes_on_after_loading() {
    let mut params = trained::<f32>(1);
    let drawn = format!("drawn={}", params.rng().drawn());
    let bytes = with_metadata(&params, &drawn, &format!("drawn={}", u64::MAX));
    loaded(&mut params, &bytes).expect("loaded");
    params.rng().next_u64();
    let mut others = layer::<f32>(3);
    let bytes = with_metadata(&params, "drawn=18446744073709551616", "drawn=18446744073709551616");
    loaded(&mut others, &bytes).expect("loaded");
    assert_eq!(others.rng().next_u64(), params.rng().next_u64());
}
