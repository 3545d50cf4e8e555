//! Sums of products over labeled axes, made of transposes, sums and matrix products.

use crate::graph::{Graph, Var};
use crate::shape::{List, Shape};

/// A label with its place in the equation.
type Label = (char, usize);

/// The labels of each input, and of the output.
struct Equation {
    inputs: Vec<Vec<Label>>,
    output: Vec<Label>,
}

/// The equation with a mark below one of its letters.
fn marked(equation: &str, at: usize) -> String {
    format!("\n    {equation}\n    {}^", " ".repeat(at))
}

impl Equation {
    fn parse(equation: &str) -> Result<Self, String> {
        let letters: Vec<Label> = equation.chars().enumerate().map(|(at, letter)| (letter, at)).collect();
        let arrow = equation.find("->").map(|at| equation[..at].chars().count());
        let (left, right) = match arrow {
            Some(at) => (&letters[..at], Some(&letters[at + 2..])),
            None => (&letters[..], None),
        };
        let labels = |part: &[Label]| -> Result<Vec<Label>, String> {
            let kept = part.iter().filter(|(letter, _)| !letter.is_whitespace());
            kept.map(|&(letter, at)| match letter {
                letter if letter.is_alphabetic() => Ok((letter, at)),
                '.' => Err(format!(
                    "axes cannot be left out by dots; give each its label{}",
                    marked(equation, at)
                )),
                _ => Err(format!("{letter:?} is no label, which is a letter{}", marked(equation, at))),
            })
            .collect()
        };
        let inputs: Vec<Vec<Label>> =
            left.split(|(letter, _)| *letter == ',').map(labels).collect::<Result<_, _>>()?;
        let all: Vec<char> = inputs.iter().flatten().map(|label| label.0).collect();
        let output = match right {
            Some(part) => labels(part)?,
            None => {
                // Without an arrow, the labels that stand once, in the order of the alphabet.
                let once = |label: &&Label| all.iter().filter(|&&other| other == label.0).count() == 1;
                let mut output: Vec<Label> = inputs.iter().flatten().filter(once).copied().collect();
                output.sort_unstable();
                output
            }
        };
        for (i, &(label, at)) in output.iter().enumerate() {
            if !all.contains(&label) {
                return Err(format!(
                    "the label {label} of the output stands in no input{}",
                    marked(equation, at)
                ));
            }
            if output[..i].iter().any(|other| other.0 == label) {
                return Err(format!("the label {label} stands twice in the output{}", marked(equation, at)));
            }
        }
        Ok(Equation { inputs, output })
    }

    /// The mistake of values whose shapes do not fit their labels.
    fn misfit(&self, equation: &str, values: &[Var<'_>]) -> Option<String> {
        if self.inputs.len() != values.len() {
            let (labels, given) = (self.inputs.len(), values.len());
            return Some(format!("{equation:?} has the labels of {labels} values, and {given} were given"));
        }
        let mut known: Vec<(char, usize, usize)> = Vec::new();
        for (i, (labels, value)) in self.inputs.iter().zip(values).enumerate() {
            let shape = value.shape();
            if labels.len() != shape.len() {
                let at = labels.first().map_or(0, |label| label.1);
                return Some(format!(
                    "value {i} has {} axes, of shape {shape}, and {} labels{}",
                    shape.len(),
                    labels.len(),
                    marked(equation, at)
                ));
            }
            for (&(label, at), &size) in labels.iter().zip(shape.iter()) {
                match known.iter().find(|other| other.0 == label) {
                    Some(&(_, other, from)) if other != size => {
                        return Some(format!(
                            "the label {label} is {other} long in value {from} and {size} in value {i}{}",
                            marked(equation, at)
                        ));
                    }
                    Some(_) => {}
                    None => known.push((label, size, i)),
                }
            }
        }
        None
    }
}

/// A value whose axes have labels, each once.
#[derive(Clone)]
struct Labeled<'g> {
    value: Var<'g>,
    labels: Vec<char>,
}

impl<'g> Labeled<'g> {
    /// The value with labels of which each stands once: the diagonal of axes that share one.
    #[track_caller]
    fn new(value: Var<'g>, labels: &[Label]) -> Self {
        let mut all = Labeled { value, labels: labels.iter().map(|label| label.0).collect() };
        let again = |labels: &[char]| {
            (0..labels.len()).find_map(|i| Some((labels[..i].iter().position(|each| *each == labels[i])?, i)))
        };
        while let Some((first, second)) = again(&all.labels) {
            let kept: Vec<usize> =
                (0..all.labels.len()).filter(|&axis| axis != first && axis != second).collect();
            let order: List = kept.iter().copied().chain([first, second]).collect();
            let labels = kept.iter().chain([&first]).map(|&axis| all.labels[axis]).collect();
            all = Labeled { value: all.value.permute(&order[..]).diagonal(), labels };
        }
        all
    }

    fn axis(&self, label: char) -> Option<usize> {
        self.labels.iter().position(|&each| each == label)
    }

    /// The value with its axes in another order, of all labels or of some, where the others have been summed.
    #[track_caller]
    fn permuted(&self, labels: &[char]) -> Var<'g> {
        let order: List = labels.iter().filter_map(|&label| self.axis(label)).collect();
        match order.iter().copied().eq(0..order.len()) {
            true => self.value,
            false => self.value.permute(&order[..]),
        }
    }

    /// The sum over the axes whose labels are not kept.
    #[track_caller]
    fn summed(self, kept: &dyn Fn(char) -> bool) -> Self {
        let gone: List = (0..self.labels.len()).filter(|&axis| !kept(self.labels[axis])).collect();
        if gone.is_empty() {
            return self;
        }
        let labels: Vec<char> = self.labels.iter().copied().filter(|&label| kept(label)).collect();
        let sum = self.value.sum(&gone[..]);
        let shape: Shape =
            (0..self.labels.len()).filter(|axis| !gone.contains(axis)).map(|axis| sum.size(axis)).collect();
        Labeled { value: sum.reshape(shape), labels }
    }

    /// The sum of the products with another value over the labels that both have and that are not kept.
    #[track_caller]
    fn times(self, other: Self, kept: &dyn Fn(char) -> bool) -> Self {
        let left = self.clone().summed(&|label| kept(label) || other.axis(label).is_some());
        let right = other.summed(&|label| kept(label) || self.axis(label).is_some());
        let of = |from: &Self, beside: &Self, both: bool, wanted: bool| -> Vec<char> {
            let fits =
                |&label: &char| beside.axis(label).is_some() == both && (kept(label) == wanted || !both);
            from.labels.iter().copied().filter(fits).collect()
        };
        let (batch, gone) = (of(&left, &right, true, true), of(&left, &right, true, false));
        let (rows, columns) = (of(&left, &right, false, true), of(&right, &left, false, true));
        let sizes = |from: &Self, labels: &[char]| -> List {
            labels.iter().filter_map(|&label| Some(from.value.size(from.axis(label)?))).collect()
        };
        let labels: Vec<char> = [&batch[..], &rows[..], &columns[..]].concat();
        let (b, m, n) = (sizes(&left, &batch), sizes(&left, &rows), sizes(&right, &columns));
        let shape: Shape = b.iter().chain(&m).chain(&n).copied().collect();
        if gone.is_empty() {
            // No sum: each side with axes of size 1 where only the other has one.
            let ones = |count: usize| std::iter::repeat_n(1, count);
            let wide: Shape = b.iter().chain(&m).copied().chain(ones(n.len())).collect();
            let tall: Shape = b.iter().copied().chain(ones(m.len())).chain(n.iter().copied()).collect();
            let left = left.permuted(&[&batch[..], &rows[..]].concat()).reshape(wide);
            let right = right.permuted(&[&batch[..], &columns[..]].concat()).reshape(tall);
            return Labeled { value: left * right, labels };
        }
        let size = |sizes: &[usize]| sizes.iter().product::<usize>();
        let k = size(&sizes(&left, &gone));
        let left =
            left.permuted(&[&batch[..], &rows[..], &gone[..]].concat()).reshape([size(&b), size(&m), k]);
        let right =
            right.permuted(&[&batch[..], &columns[..], &gone[..]].concat()).reshape([size(&b), size(&n), k]);
        Labeled { value: left.matmul_t(right).reshape(shape), labels }
    }
}

impl Graph {
    /// The sum of the products of values, by labels of their axes: `"ij,jk->ik"` is a matrix product. A label in several
    /// inputs is one index; one that is not in the output is summed over; one that stands twice in one input takes its
    /// diagonal. Without `->`, the output has the labels that stand once, in the order of the alphabet: NumPy's and
    /// PyTorch's `einsum`. Values are joined from left to right, each two by a matrix product where a label is summed
    /// over. Dots, which leave out axes, are not read.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// let v = g.value(tensor![1.0, 10.0]);
    /// assert_eq!(g.einsum("ij,j->i", &[x, v]).to_string(), "[21, 43]");
    /// assert_eq!(g.einsum("ij->ji", &[x]).to_string(), "[[1, 3], [2, 4]]");
    /// assert_eq!(g.einsum("ii->", &[x]).to_string(), "5");
    /// let wrong = g.einsum("ij,jk->iq", &[x, x]).eval::<f64>().unwrap_err().to_string();
    /// assert!(wrong.starts_with("einsum: the label q of the output stands in no input\n    ij,jk->iq\n            ^"));
    /// ```
    #[track_caller]
    pub fn einsum<'g>(&'g self, equation: &str, values: &[Var<'g>]) -> Var<'g> {
        let _call = self.call("einsum");
        let args: Vec<(&str, Var<'g>)> = values.iter().map(|&value| ("value", value)).collect();
        if args.iter().any(|(_, x)| x.is_poisoned() || !x.is_of(self)) {
            return self.refuse("einsum", &args, String::new());
        }
        let parsed = Equation::parse(equation)
            .and_then(|parsed| parsed.misfit(equation, values).map_or(Ok(parsed), Err));
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(problem) => return self.refuse("einsum", &args, problem),
        };
        let output: Vec<char> = parsed.output.iter().map(|label| label.0).collect();
        let mut all: Vec<Labeled<'g>> = Vec::with_capacity(values.len());
        // Not by a closure, which would not carry the caller's line.
        for (value, labels) in values.iter().zip(&parsed.inputs) {
            all.push(Labeled::new(*value, labels));
        }
        let mut rest = all.into_iter();
        let Some(mut product) = rest.next() else { return self.refuse("einsum", &args, String::new()) };
        while let Some(next) = rest.next() {
            let later = rest.clone();
            let kept =
                |label: char| output.contains(&label) || later.clone().any(|each| each.axis(label).is_some());
            product = product.times(next, &kept);
        }
        product.summed(&|label| output.contains(&label)).permuted(&output)
    }
}
