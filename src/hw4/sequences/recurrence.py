"""One step of a recurrent network, and a whole pass of steps with its gradient by hand."""

import torch
from torch import Tensor


def recurrence_step(
    projected: Tensor, hidden: Tensor, weight: Tensor, out: Tensor | None = None
) -> Tensor:
    """The next hidden state, tanh(projected input + hidden · weight), of all three networks.

    Args:
        projected: the step's input times the input weights, plus the bias,
            (networks, batch, hidden).
        hidden: the state before, of the same shape.
        weight: (networks, hidden, hidden).
        out: where to write the state, if not into new memory (then without a gradient).
    """
    # tanh's gradient needs only its output, so the pre-activation may be overwritten.
    return torch.baddbmm(projected, hidden, weight, out=out).tanh_()


class Recurrence(torch.autograd.Function):
    """All steps of a recurrence with one set of weights, over sequences of any lengths.

    The sequences are sorted, the longest first, so those that still run at a step are the
    first `active[t]` of them, and the ones that ended cost nothing. The steps' states stand
    one after another in one block of memory. PyTorch could find the gradient by itself; by
    hand it takes a fraction of the time, because the weights' gradient is one product over
    all steps in place of a product and a sum at each.
    """

    @staticmethod
    def forward(ctx, projected: Tensor, weight: Tensor, active: list[int]) -> Tensor:
        """The states of all steps, written over `projected`.

        Args:
            projected: inputs times input weights plus bias, all sequences of step 0, then
                all that run at step 1, ..., (networks, sum(active), hidden).
            weight: (networks, hidden, hidden).
            active: how many sequences run at each step; never grows.
        """
        states = projected.split(active, dim=1)  # each (networks, active, hidden)
        states[0].tanh_()  # the state before the first step is zero
        for before, now, running in zip(states, states[1:], active[1:], strict=False):
            recurrence_step(now, before[:, :running], weight, out=now)
        ctx.mark_dirty(projected)
        ctx.save_for_backward(projected, weight)
        ctx.active = active
        return projected

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        """Back through time, with a_t for what the tanh is taken of: h_t = tanh(a_t).

        dL/da_t = dL/dh_t · (1 - h_t²), and a_t passes dL/da_t · weightᵀ on to h_{t-1}.
        """
        states, weight = ctx.saved_tensors
        active = ctx.active
        # by step, each (networks, active, hidden)
        dtanh_at = (1 - states.square()).split(active, dim=1)
        grad_pre = gradient.clone()  # dL/dh, turned into dL/da from the last step to the first
        grad_pre_at = grad_pre.split(active, dim=1)
        transposed = weight.transpose(1, 2)
        for t in range(len(active) - 1, 0, -1):
            grad_pre_at[t].mul_(dtanh_at[t])
            grad_pre_at[t - 1][:, : active[t]].baddbmm_(grad_pre_at[t], transposed)
        grad_pre_at[0].mul_(dtanh_at[0])
        if len(active) == 1:
            return grad_pre, torch.zeros_like(weight), None
        pairs = zip(states.split(active, dim=1), active[1:], strict=False)
        before = torch.cat([state[:, :running] for state, running in pairs], dim=1)
        return grad_pre, before.transpose(1, 2) @ grad_pre[:, active[0] :], None
