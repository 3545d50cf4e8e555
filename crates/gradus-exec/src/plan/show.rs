//! The text form of a plan, which golden tests hold.

use super::group::{Group, Space};
use super::instr::{Elementwise, Instr, Operand};
use super::{Kernel, Plan, Source, Step, View};
use gradus_tensor::Shape;
use std::fmt;

impl Plan {
    /// Returns the bytes of the program's buffers, with elements of the given size.
    pub fn bytes(&self, element: usize) -> usize {
        let bytes = |sizes: &[usize], each| Shape::sum(sizes.iter().copied()).saturating_mul(each);
        Shape::sum([bytes(&self.slots, element), bytes(&self.index_slots, size_of::<usize>())])
    }

    fn source(&self, source: Source) -> String {
        match source {
            Source::Slot(i) => format!("s{i}"),
            Source::Index(i) => format!("i{i}"),
            Source::Param(i) => self.params[i as usize].name.to_string(),
            Source::Input(i) => self.inputs[i as usize].name.clone(),
            Source::Labels(i) => self.labels[i as usize].name.clone(),
            Source::Value(i) => format!("value{i}"),
            Source::Constant(i) => self.constants[i as usize].to_string(),
            Source::Result(i) => format!("out{i}"),
        }
    }

    fn view(&self, view: &View) -> String {
        let name = self.source(view.source);
        match view.is_contiguous() || view.shape.size() == 1 {
            true => name,
            false => format!("{name} by {:?}", view.strides),
        }
    }

    fn operand(&self, step: &Step, operand: Operand) -> String {
        match operand {
            Operand::Register(i) => format!("r{i}"),
            Operand::Constant(i) => self.source(Source::Constant(i)),
            Operand::Arg(i) | Operand::Column(i) => self.view(&step.args[i as usize]),
            Operand::Out(i) => self.source(step.outs[i as usize]),
        }
    }

    fn instr(&self, step: &Step, instr: &Instr) -> String {
        let operand = |operand: &Operand| self.operand(step, *operand);
        let view = |arg: &u32| self.view(&step.args[*arg as usize]);
        let out = |out: &u32| self.source(step.outs[*out as usize]);
        match instr {
            Instr::Map { op, args, out } => {
                let args: Vec<String> = args.iter().map(operand).collect();
                let value = match op {
                    Elementwise::Map(map) => format!("{}({})", map.name(), args.join(", ")),
                    Elementwise::Chain(chain) => chain.text(&args),
                };
                format!("{} = {value}", operand(out))
            }
            Instr::Pair { maps: [map, other], x, outs: [y, z] } => {
                let (x, y, z) = (operand(x), operand(y), operand(z));
                format!("{y}, {z} = {}, {}({x})", map.name(), other.name())
            }
            Instr::Pick { arg, x, out } => format!("r{out} = {} at {}", operand(x), view(arg)),
            Instr::Put { arg, a, b, out } => {
                format!("{} = {}, at {} {}", operand(out), operand(b), view(arg), operand(a))
            }
            Instr::Load { arg, out } => format!("{} = {}", operand(out), view(arg)),
            Instr::OneHot { arg, out, .. } => format!("r{out} = one_hot({})", view(arg)),
            Instr::Fold { fold, x, out } => format!("r{out} = {}({})", fold.name(), operand(x)),
            Instr::Total { fold, x, out: to, .. } => format!("{} = {}({})", out(to), fold.name(), operand(x)),
            Instr::Store { x, out: to } => format!("{} = r{x}", out(to)),
            Instr::Own(none) => match *none {},
        }
    }

    /// Returns the text of a group: its results, its blocks, and its code, one instruction a line.
    fn group(&self, step: &Step, group: &Group) -> String {
        let outs: Vec<String> = step.outs.iter().map(|out| self.source(*out)).collect();
        let cut = match group.space {
            Space::Flat { rows, columns, block: [some, piece] } if some * piece < rows * columns => {
                format!(", {some}×{piece} at a time")
            }
            Space::Flat { .. } => String::new(),
            Space::RowsInLanes { block, .. } => format!(", {block} rows abreast"),
            Space::RowAlongLanes { .. } => ", row by row".into(),
        };
        let mut text =
            format!("{} of {}×{}{cut}:", outs.join(", "), group.space.rows(), group.space.columns());
        if group.head.is_some() {
            let sides: Vec<String> = step.args[..2].iter().map(|arg| self.view(arg)).collect();
            text += &format!("\n    {} = {}({})", outs[0], group.parts[0].name, sides.join(", "));
        }
        for instr in &group.prelude {
            text += &format!("\n    {} (once)", self.instr(step, instr));
        }
        for instr in &group.code {
            text += &format!("\n    {}", self.instr(step, instr));
        }
        text
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            let args: Vec<String> = step.args.iter().map(|arg| self.view(arg)).collect();
            match &step.kernel {
                Kernel::Group(group)
                    if group.head.is_none() && group.prelude.is_empty() && group.code.len() == 1 =>
                {
                    writeln!(f, "{}", self.instr(step, &group.code[0]))?;
                }
                Kernel::Group(group) => writeln!(f, "{}", self.group(step, group))?,
                _ => writeln!(f, "{} = {}({})", self.source(step.outs[0]), step.name, args.join(", "))?,
            }
        }
        let outputs: Vec<String> = self.outputs.iter().map(|view| self.view(view)).collect();
        write!(f, "gives {}", outputs.join(", "))?;
        let places = self.in_place.iter().map(|&(param, output)| {
            format!(
                "{} in place of {}",
                self.source(Source::Result(output)),
                self.source(Source::Param(param))
            )
        });
        places
            .enumerate()
            .try_for_each(|(i, place)| write!(f, "{}{place}", if i == 0 { "\nmakes " } else { ", " }))
    }
}
