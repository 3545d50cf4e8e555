"""JAX as a competitor in its strongest form: many steps in one call, looped inside XLA, so that neither
Python nor dispatch is paid for. Only what feeds its result back can be looped."""

import jax
import jax.numpy as jnp

import jax_called
import protocol


class Training(protocol.Contest):
    def __init__(self, workload):
        state, step = jax_called.training(workload)
        self.carry = jnp.float32(0), state
        self.x, self.labels = jnp.array(workload.inputs()), jnp.array(workload.labels())

        @jax.jit
        def steps(count, carry, x, labels):
            return jax.lax.fori_loop(0, count, lambda _, carry: step(carry[1], x, labels), carry)

        self.steps = steps

    def run(self, steps):
        self.carry = jax.block_until_ready(self.steps(steps, self.carry, self.x, self.labels))

    def loss(self):
        return self.carry[0]


class Scalar(protocol.Contest):
    """Value and gradient of scalars. Each turn moves them by next to nothing, which the compiler cannot
    know: else it would compute the value once for all turns."""

    def __init__(self, workload):
        function = jax.value_and_grad(jax_called.scalar(workload.shape[0]))
        self.x = tuple(jnp.array(workload.inputs()))

        @jax.jit
        def steps(count, x, tiny):
            def turn(_, carry):
                x, _, gradient = carry
                x = jax.tree.map(lambda x, g: x + tiny * g, x, gradient)
                return x, *function(x)

            zero = jnp.float32(0)
            return jax.lax.fori_loop(0, count, turn, (x, zero, (zero, zero)))

        self.steps = steps

    def run(self, steps):
        _, self.last, self.gradient = jax.block_until_ready(self.steps(steps, self.x, jnp.float32(1e-30)))

    def loss(self):
        return self.last

    def squares(self):
        return sum(float(g) ** 2 for g in self.gradient)


if __name__ == "__main__":
    args = protocol.arguments()
    contests = {"mlp": Training, "scalar": Scalar}
    if args.workload.kind not in contests:
        raise SystemExit(f"{args.workload.name} has no step that feeds back: nothing to loop")
    protocol.race("jax-looped", jax.__version__, args, contests[args.workload.kind](args.workload))
