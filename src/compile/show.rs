//! The text form of a plan: what a golden test holds. Floor 5.

use super::{Kernel, Plan, Source, View};
use std::fmt;

impl Plan {
    /// How many bytes the program's buffers take, with elements of the given size.
    pub(crate) fn bytes(&self, element: usize) -> usize {
        self.slots.iter().sum::<usize>() * element
            + self.index_slots.iter().sum::<usize>() * size_of::<usize>()
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
        }
    }

    fn view(&self, view: &View) -> String {
        let name = self.source(view.source);
        match view.is_contiguous() || view.shape.size() == 1 {
            true => name,
            false => format!("{name} by {:?}", view.strides),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 2]> = self
            .steps
            .iter()
            .map(|step| {
                let name = match &step.kernel {
                    Kernel::Copy => "copy".into(),
                    _ => step.name.clone(),
                };
                let args: Vec<String> = step.args.iter().map(|arg| self.view(arg)).collect();
                [format!("{} {}", self.source(step.out), step.shape), format!("{name}({})", args.join(", "))]
            })
            .collect();
        let width = rows.iter().map(|row| row[0].chars().count()).max().unwrap_or(0);
        for row in &rows {
            writeln!(f, "{:width$} = {}", row[0], row[1])?;
        }
        let outputs: Vec<String> = self.outputs.iter().map(|view| self.view(view)).collect();
        write!(f, "gives {}", outputs.join(", "))
    }
}
