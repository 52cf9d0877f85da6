package io.knowledgebase.embed.embed;

import io.knowledgebase.vectorizer.DenseVectorizer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Makes the model fail at texts that ask for it, for as long as the test wants. */
@Configuration(proxyBeanMethods = false)
public class FailingModel {

    public static final String TEXT = "made to fail";
    public static final AtomicBoolean FAILING = new AtomicBoolean();

    @Bean
    static BeanPostProcessor modelThatFails() {
        return new BeanPostProcessor() {
            @Override
            public Object postProcessAfterInitialization(Object bean, String name) {
                return bean instanceof EmbeddingPool ? new FailingPool() : bean;
            }
        };
    }

    private static final class FailingPool extends EmbeddingPool {

        FailingPool() {
            super(2);
        }

        @Override
        float[] compute(DenseVectorizer model, String text) {
            if (FAILING.get() && text.contains(TEXT)) {
                throw new IllegalStateException("the model was made to fail");
            }
            return super.compute(model, text);
        }
    }
}
