use super::*;
use crate::plan::{Chain, Elementwise, Operand, PlanInput, Space};
use gradus_rows::{Fold, Map};
use gradus_tensor::Shape;
use smallvec::smallvec;

/// Returns the verdict on a plan, which is the same on each instruction set of the processor.
fn judged(plan: &Plan) -> Result<(), String> {
    let judge = |set| {
        let (memory, _) = Memory::<f32>::new(plan).map_err(|error| error.to_string())?;
        check(plan, &memory, set).map(|_| ()).map_err(|error| error.to_string())
    };
    let said: Vec<_> = InstructionSet::available().iter().map(|&set| judge(set)).collect();
    assert!(said.iter().all(|each| *each == said[0]));
    said[0].clone()
}

#[track_caller]
fn refused(plan: &Plan, because: &str) {
    let said = judged(plan);
    assert!(said.as_ref().is_err_and(|said| said.contains(because)), "{because}: {said:?}");
}

fn view(source: Source, shape: impl Into<Shape>) -> View {
    let shape = shape.into();
    View { source, offset: 0, strides: shape.strides(), shape }
}

fn step(kernel: Kernel, args: Vec<View>, out: Source, shape: impl Into<Shape>) -> Step {
    let (outs, shape) = (smallvec![out], shape.into());
    Step { kernel, args: args.into(), outs, shape, name: "step".into(), origin: 0 }
}

fn fed(shape: impl Into<Shape>, classes: usize) -> PlanInput {
    PlanInput { name: "x".into(), shape: shape.into(), bound: classes }
}

fn sum(of: View, out: Source) -> Step {
    let kernel = Kernel::Fold { fold: Fold::Sum, outer: 1, size: of.shape.size(), inner: 1 };
    step(kernel, vec![of], out, ())
}

#[test]
fn a_plan_reads_only_what_is_there_and_keeps_its_results_apart() {
    let plan = |of: View, out: u32| Plan {
        steps: vec![sum(view(Source::Input(0), [4]), Source::Slot(0)), sum(of, Source::Slot(out))],
        inputs: vec![fed([4], 0)],
        slots: vec![4, 4],
        ..Plan::default()
    };
    assert_eq!(judged(&plan(view(Source::Slot(0), ()), 1)), Ok(()));
    refused(&plan(view(Source::Input(0), [5]), 1), "reaches beyond its source");
    refused(&plan(view(Source::Slot(0), ()), 0), "overlaps an argument");
    // The buffer is longer than the value in it; the other buffer was not filled.
    refused(&plan(view(Source::Slot(0), [2]), 1), "reaches beyond its source");
    refused(&plan(view(Source::Slot(1), ()), 0), "reaches beyond its source");
    let mut asked = plan(view(Source::Slot(0), ()), 1);
    asked.outputs.push(view(Source::Slot(1), [2]));
    refused(&asked, "no step makes an output");
    let mut narrow = plan(view(Source::Slot(0), ()), 1);
    narrow.slots[1] = 0;
    refused(&narrow, "a result has no room");
}

#[test]
fn indices_are_as_many_and_as_small_as_they_are_read() {
    let plan = |kernel: Kernel, x: View, idx: View, made: Shape| Plan {
        steps: vec![
            step(
                Kernel::ArgMax { size: 9, inner: 1 },
                vec![view(Source::Input(0), [3, 9])],
                Source::Index(0),
                [3],
            ),
            step(kernel, vec![x, idx], Source::Slot(0), made),
        ],
        inputs: vec![fed([3, 9], 0)],
        labels: vec![fed([2], 7)],
        slots: vec![64],
        index_slots: vec![5],
        ..Plan::default()
    };
    let (x, labels) = (|| view(Source::Input(0), [3, 9]), || view(Source::Labels(0), [2]));
    let best = |n: usize| view(Source::Index(0), [n]);
    let gather = |size: usize| Kernel::Gather { size, inner: 1 };
    assert_eq!(judged(&plan(gather(9), x(), labels(), [3, 2].into())), Ok(()));
    assert_eq!(judged(&plan(gather(9), x(), best(3), [3, 3].into())), Ok(()));
    // The buffer is longer than the value in it; the rest belongs to another value.
    refused(&plan(gather(9), x(), best(5), [3, 5].into()), "reaches beyond its source");
    // Labels below 7 in an axis of 3, and a result of another size.
    refused(&plan(gather(3), view(Source::Input(0), [9, 3]), labels(), [9, 2].into()), "its sizes");
    refused(&plan(gather(9), x(), labels(), [3, 3].into()), "its sizes");
    let scatter = |size: usize| Kernel::ScatterAdd { size, inner: 1 };
    let rows = || view(Source::Input(0), [13, 2]);
    let wide = |plan: Plan| Plan { slots: vec![128], ..plan };
    assert_eq!(judged(&wide(plan(scatter(7), rows(), labels(), [13, 7].into()))), Ok(()));
    refused(&wide(plan(scatter(6), rows(), labels(), [13, 6].into())), "its sizes");
    refused(&plan(Kernel::SameIndex, best(3), labels(), [3].into()), "its sizes");
    refused(&plan(Kernel::OneHot { width: 9 }, best(3), best(3), [2, 9].into()), "its sizes");
}

/// A plan of one group over an input of its elements, a number for each of its rows and one for each column.
fn group(space: Space, registers: Vec<Register>, code: Vec<Instr>) -> Plan {
    let (rows, columns) = (space.rows(), space.columns());
    let group = Group { space, head: None, prelude: Vec::new(), code, parts: Vec::new(), registers };
    let args = vec![
        view(Source::Input(0), [rows * columns]),
        view(Source::Input(1), [rows]),
        View { strides: smallvec![0, 1], ..view(Source::Input(2), [rows, columns]) },
        view(Source::Labels(0), [rows]),
    ];
    let kernel = Kernel::Group(Box::new(group));
    Plan {
        steps: vec![step(kernel, args, Source::Slot(0), [rows, columns])],
        inputs: vec![fed([rows, columns], 0), fed([rows], 0), fed([columns], 0)],
        labels: vec![fed([rows], columns)],
        slots: vec![rows * columns],
        ..Plan::default()
    }
}

fn map(map: Map, args: &[Operand], out: Operand) -> Instr {
    Instr::Map { op: Elementwise::Map(map), args: args.into(), out }
}

#[test]
fn instructions_stay_within_their_registers_and_their_rows() {
    let (tile, row) = (Operand::Register(0), Operand::Register(1));
    let registers = || vec![Register::Tile, Register::Row];
    let load = |arg: u32, out: Operand| Instr::Load { arg, out };
    let pair =
        |x: Operand, y: Operand| Instr::Pair { maps: [Map::Sigmoid, Map::LogisticPdf], x, outs: [y, y] };
    let across = Space::RowsInLanes { rows: 40, columns: 10, block: 48 };
    let along = Space::RowAlongLanes { rows: 4, columns: 600 };
    for space in [across, along] {
        let right = group(
            space,
            registers(),
            vec![
                load(0, tile),
                load(1, row),
                map(Map::Add, &[tile, row], tile),
                Instr::Pick { arg: 3, x: tile, out: 1 },
                Instr::Put { arg: 3, a: row, b: tile, out: tile },
                Instr::Fold { fold: Fold::Sum, x: tile, out: 1 },
                Instr::Store { x: 0, out: 0 },
            ],
        );
        assert_eq!(judged(&right), Ok(()), "{space:?}");
        // A number for each row where there are elements, and elements where there is a number for each row.
        refused(&group(space, registers(), vec![load(1, tile)]), "not that of the group");
        refused(&group(space, registers(), vec![load(0, row)]), "not that of the group");
        refused(&group(space, registers(), vec![map(Map::Add, &[tile], tile)]), "number of arguments");
        refused(&group(space, registers(), vec![map(Map::Neg, &[tile; 4], tile)]), "number of arguments");
        refused(&group(space, registers(), vec![Instr::OneHot { arg: 3, width: 1, out: 0 }]), "masks");
        let other = Instr::Pick { arg: 0, x: tile, out: 1 };
        refused(&group(space, registers(), vec![other]), "number of indices");
    }
    // Lines are apart; a pair goes over one.
    refused(&group(across, registers(), vec![pair(row, tile)]), "beyond a register");
    refused(
        &group(across, registers(), vec![Instr::Fold { fold: Fold::Sum, x: Operand::Arg(0), out: 1 }]),
        "reads beyond",
    );
    refused(
        &group(along, registers(), vec![map(Map::Neg, &[tile], Operand::Constant(0))]),
        "beyond a constant",
    );
    refused(
        &group(along, registers(), vec![map(Map::Neg, &[tile], Operand::Arg(0))]),
        "an argument is written",
    );
    let short = Instr::Total { fold: Fold::Sum, x: Operand::Constant(0), of: Register::Tile, out: 0 };
    refused(&group(along, registers(), vec![short]), "beyond a constant");
}

#[test]
fn pieces_of_rows_are_whole_or_end_with_their_row() {
    let (column, out) = (Operand::Column(2), Operand::Out(0));
    for columns in [512, 513, 520, 527, 528, 600, 1000, 1024, 1025] {
        for rows in [1, 2, 5] {
            let space = Space::Flat { rows, columns, block: [1, 512] };
            let code = vec![map(Map::Add, &[Operand::Arg(0), column], out)];
            assert_eq!(judged(&group(space, Vec::new(), code)), Ok(()), "{rows} x {columns}");
        }
    }
    // Elements of a row are not chosen where it is cut.
    let space = Space::Flat { rows: 2, columns: 600, block: [1, 512] };
    let registers = || vec![Register::Tile, Register::Row];
    let pick = Instr::Pick { arg: 3, x: Operand::Register(0), out: 1 };
    refused(&group(space, registers(), vec![pick]), "not whole in a block");
    let fold = Instr::Fold { fold: Fold::Sum, x: Operand::Register(0), out: 1 };
    refused(&group(space, registers(), vec![fold]), "not whole in a block");
    // A chain of three arguments, of which the last is a row's number.
    let chain = |last: Operand| Instr::Map {
        op: Elementwise::Chain(Chain::MulAdd),
        args: smallvec![Operand::Arg(0), column, last],
        out,
    };
    assert_eq!(judged(&group(space, registers(), vec![chain(column)])), Ok(()));
    refused(&group(space, registers(), vec![chain(Operand::Arg(1))]), "not that of its group");
}

/// A plan of one group with the given code, which makes a parameter's new value in its place.
fn in_place(code: Vec<Instr>) -> Plan {
    let shape = Shape::from([32]);
    let view = |source| view(source, &shape);
    let space = Space::Flat { rows: 1, columns: 32, block: [1, 32] };
    let (prelude, parts, registers) = (Vec::new(), Vec::new(), vec![Register::Tile]);
    let kernel = Kernel::Group(Box::new(Group { space, head: None, prelude, code, parts, registers }));
    let step = step(kernel, vec![view(Source::Param(0))], Source::Result(0), &shape);
    let param = fed(shape.clone(), 0);
    let outputs = vec![view(Source::Result(0))];
    Plan { steps: vec![step], params: vec![param], outputs, in_place: vec![(0, 0)], ..Plan::default() }
}

#[test]
fn an_old_value_is_taken_up_before_the_new_one_takes_its_place() {
    let (load, out) = (Instr::Load { arg: 0, out: Operand::Register(0) }, Operand::Out(0));
    let neg = |from| map(Map::Neg, &[from], out);
    let right = || in_place(vec![load.clone(), neg(Operand::Register(0))]);
    assert_eq!(judged(&right()), Ok(()));
    // Read where it is written, or after that.
    for code in [vec![neg(Operand::Arg(0))], vec![neg(Operand::Register(0)), load.clone()]] {
        refused(&in_place(code), "overlaps an argument");
    }
    // Read by a later step, or asked for.
    let mut later = right();
    later.steps.push(Step { outs: smallvec![Source::Slot(0)], ..later.steps[0].clone() });
    later.slots.push(32);
    let mut asked = right();
    asked.outputs.push(asked.steps[0].args[0].clone());
    for plan in [later, asked] {
        refused(&plan, "an old value is read after");
    }
    // The update itself makes a number that has to be finite before it, or nothing makes it.
    for needed in [0, 7] {
        refused(&Plan { needed: vec![needed], ..right() }, "does not wait for what has to be finite");
    }
    // A result that has a buffer of its own may be written while the argument is read.
    let apart = Plan { in_place: Vec::new(), ..in_place(vec![neg(Operand::Arg(0))]) };
    assert_eq!(judged(&apart), Ok(()));
}

#[test]
fn a_program_of_more_memory_than_there_can_be_is_refused() {
    let plan = |slots: Vec<usize>| Plan { slots, ..Plan::default() };
    for slots in [vec![usize::MAX], vec![1 << 62, 1 << 62, 1 << 62, 1 << 62], vec![1 << 60, 1 << 60, 1 << 60]]
    {
        let said = judged(&plan(slots));
        assert!(
            said.as_ref().is_err_and(|said| said.contains("more memory than can be addressed")),
            "{said:?}"
        );
    }
}
