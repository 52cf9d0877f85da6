package io.knowledgebase.vectorizer;

/** A model is missing or does not fit what it comes with; the message says which file and why. */
public final class UnusableModelException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public UnusableModelException(String model, String reason) {
        super("The model " + model + " cannot be used: " + reason);
    }

    UnusableModelException(String model, String reason, Throwable cause) {
        super("The model " + model + " cannot be used: " + reason, cause);
    }
}
